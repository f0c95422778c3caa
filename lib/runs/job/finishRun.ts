import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { LabelledImages } from '../../data/images/imageSet';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import { writeJson } from '../../io/json';
import { sha256 } from '../../io/sha256';
import { normalisationEntry } from '../../models/weights/savedNormalisation';
import { saveWeights } from '../../models/weights/weights';
import { groupBy } from '../../results/statistics/groupBy';
import { runRecord, type RunRecord } from '../../results/records/record';
import { countSavedValues } from '../../results/records/savedValues';
import { removeCheckpoints } from '../../training/checkpoint';
import type { Training } from '../../training/training';
import { methodSizeOf, sizeOf } from './cost';
import { homeOf, metricsOf, recordOf, studentOf } from '../runFolder/paths';
import { jobCommand, type Job } from './job';
import { hasManifest, writeManifest } from '../runFolder/manifest';
import { datasetName, type Teacher } from './materials';
import { finishedEpochs } from '../runFolder/metrics';
import { sessions, type Session } from '../runFolder/sessions';

interface Trained {
  readonly training: Training;
  /** The session that began the run. */
  readonly first: Session;
  readonly images: LabelledImages;
  readonly teacher?: Teacher;
}

/** Writes the student and, as the sign that the run is finished, its record. */
export async function finishRun(
  job: Job,
  home: string,
  { training, first, images, teacher }: Trained,
): Promise<RunRecord> {
  const history = await finishedEpochs(metricsOf(home));
  const others = [
    ...groupBy(
      (await sessions(home)).map(({ commit, dirty, machine }) => ({ commit, dirty, machine })),
      (one) => JSON.stringify(one),
    ).values(),
  ]
    .map(([one]) => one!)
    .slice(1);
  const last = history[history.length - 1];
  if (last?.top1 === undefined || last.top5 === undefined || history.length < job.recipe.epochs) {
    throw new UserError(
      `${metricsOf(home)} tells of ${history.length} of ${job.recipe.epochs} epochs${last?.top1 === undefined ? ', and not what the last one reached' : ''}: there is no whole result to record. Put its lines back, or remove ${home} to train again.`,
    );
  }
  const weights = studentOf(home);
  await training.withResult(() =>
    saveWeights(training.student, weights, {
      recipe: job.id,
      top1: String(last.top1),
      epochs: String(job.recipe.epochs),
      commit: first.commit,
      ...normalisationEntry(images),
    }),
  );
  if (job.publishes !== undefined) await publish(weights, job.publishes);
  const record = runRecord.parse({
    id: job.id,
    experiment: job.experiment,
    row: job.row,
    profile: job.profile,
    dataset: datasetName(job.recipe.data),
    teacher: job.recipe.teacher?.model ?? null,
    student: job.recipe.student,
    method: job.recipe.method.kind,
    recipe: job.recipe,
    seed: job.recipe.seed,
    epochs: job.recipe.epochs,
    images: images.count,
    commit: first.commit,
    dirty: first.dirty,
    machine: first.machine,
    ...(others.length > 0 && { continuedBy: others }),
    threads: first.threads,
    ...(first.processes > 1 && { processes: first.processes }),
    versions: first.versions,
    started: first.started,
    seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
    command: jobCommand(job),
    top1: last.top1,
    top5: last.top5,
    bestTop1: Math.max(...history.map(({ top1 }) => top1 ?? 0)),
    ...(teacher?.top1 !== undefined && { teacherTop1: teacher.top1 }),
    measures: {
      numbersSaved: countSavedValues(weights),
      ...sizeOf(training.student),
      ...methodSizeOf(training.distillation, training.student, teacher?.model),
    },
    history,
    weights: { path: path.relative(process.cwd(), weights), sha256: await sha256(weights) },
    ...(first.givenWeights && { givenWeights: first.givenWeights }),
  });
  await writeJson(recordOf(home), record);
  return record;
}

/** What is left to do once the record is written; done again where a kill came in between. */
export async function closeRun(home: string): Promise<void> {
  if (!hasManifest(home)) await writeManifest(home);
  removeCheckpoints(home);
}

/** Puts the weights of a finished job where its students look for them, if they are not there: another experiment may have run it, which publishes nothing. */
export async function publishFinished({ publishes, ...job }: Job, folder: string): Promise<void> {
  if (publishes !== undefined && !existsSync(publishes)) await publish(studentOf(homeOf(job, folder)), publishes);
}

/** Copies a file so that its place holds the old content or the new. */
export async function publish(weights: string, place: string): Promise<void> {
  try {
    await mkdir(path.dirname(place), { recursive: true });
    await copyFile(weights, `${place}.draft`);
    await rename(`${place}.draft`, place);
  } catch (error) {
    throw fileError(error, 'write', place);
  }
}
