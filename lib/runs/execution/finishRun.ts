import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { methodSize, networkSize } from '../../analysis/networkCost';
import type { DatasetInfo } from '../../data/datasets/dataset';
import { imageNetPreprocessing } from '../../data/transforms/preprocessing';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import { writeJson } from '../../io/json';
import { sha256 } from '../../io/sha256';
import { saveBranches } from '../../models/branches/branchFile';
import type { Model } from '../../models/model';
import { inputEntry } from '../../models/weights/savedInput';
import { normalisationEntry } from '../../models/weights/savedNormalisation';
import { saveWeights } from '../../models/weights/weights';
import { groupBy } from '../../results/statistics/groupBy';
import { runRecord, type EpochRecord, type RunRecord } from '../../results/records/record';
import { countSavedValues } from '../../results/records/savedValues';
import { removeCheckpoints } from '../../training/checkpoint/checkpoint';
import type { Recipe } from '../../training/recipe/recipe';
import { teacherName } from '../../training/recipe/teacherSpec';
import type { Training } from '../../training/training';
import { datasetName } from '../inputs/data';
import type { Teacher } from '../inputs/teacher';
import { jobCommand, type Job } from '../plan/job';
import { hasManifest, writeManifest } from '../runFolder/manifest';
import { readMetrics } from '../runFolder/metrics';
import { branchesFile, metricsFile, recordFile, runFolderOf, studentFile } from '../runFolder/paths';
import { readSessions, type Session } from '../runFolder/sessions';

/** A job that has trained to the end of its recipe. */
interface TrainedJob {
  readonly training: Training;
  /** The session that started the run. */
  readonly first: Session;
  readonly images: DatasetInfo;
  readonly teacher?: Teacher;
}

/** Writes the student's weights, and then the record: its file marks the run as finished. */
export async function finishRun(job: Job, runFolder: string, trained: TrainedJob): Promise<RunRecord> {
  const { training, first, images, teacher } = trained;
  const { recipe } = job;
  const history = await readMetrics(runFolder);
  const { top1, top5 } = finalAccuracy(history, recipe.epochs, runFolder);

  const weights = await saveStudent(job, runFolder, trained, top1);
  const continuedBy = await otherSessions(runFolder);
  const record = runRecord.parse({
    id: job.id,
    experiment: job.experiment,
    row: job.row,
    profile: job.profile,
    dataset: datasetName(recipe.data),
    teacher: teacherName(recipe.teacher),
    student: recipe.student,
    method: recipe.method.kind,
    recipe,
    seed: recipe.seed,
    epochs: recipe.epochs,
    images: images.count,
    commit: first.commit,
    dirty: first.dirty,
    trainingVersion: first.trainingVersion,
    machine: first.machine,
    ...(continuedBy.length > 0 && { continuedBy }),
    threads: first.threads,
    ...(first.processes > 1 && { processes: first.processes }),
    versions: first.versions,
    started: first.started,
    seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
    command: jobCommand(job),
    top1,
    top5,
    bestTop1: Math.max(...history.map((epoch) => epoch.top1 ?? 0)),
    ...(teacher?.top1 !== undefined && { teacherTop1: teacher.top1 }),
    measures: {
      numbersSaved: countSavedValues(weights),
      ...networkSize(training.student),
      ...methodSize(training.distillation, training.student, teacher?.model),
    },
    history,
    weights: { path: path.relative(process.cwd(), weights), sha256: await sha256(weights) },
    ...(first.givenWeights && { givenWeights: first.givenWeights }),
  });
  await writeJson(recordFile(runFolder), record);
  return record;
}

/** Writes the student's weights and its exit branches, and returns the path of the weights. */
async function saveStudent(
  { id, recipe, exportWeightsTo }: Job,
  runFolder: string,
  { training, first, images }: TrainedJob,
  top1: number,
): Promise<string> {
  const weights = studentFile(runFolder);
  const metadata = {
    recipe: id,
    top1: String(top1),
    epochs: String(recipe.epochs),
    commit: first.commit,
    ...normalisationEntry(images),
    ...inputEntry({
      classes: images.classes,
      imageSize: training.student.imageSize,
      cropShare: evaluationCropShare(recipe, images, training.student),
    }),
  };
  await training.withResult(async () => {
    await saveWeights(training.student, weights, metadata);
    await saveExits(training, branchesFile(runFolder));
  });
  if (exportWeightsTo !== undefined) await copyAtomic(weights, exportWeightsTo);
  return weights;
}

/** The share of a test image that the student saw. Images in memory that already have its size are not cropped. */
function evaluationCropShare(
  { data, cropShare = imageNetPreprocessing.cropShare }: Recipe,
  { size }: DatasetInfo,
  { imageSize }: Model,
): number {
  const isStored = data.name !== 'folder' && data.name !== 'shards';
  return isStored && size.height === imageSize && size.width === imageSize ? 1 : cropShare;
}

/** Writes the exit branches, if the method has any, for a later export with early exits. */
async function saveExits({ student, distillation }: Training, file: string): Promise<void> {
  const branches = (distillation.exits ?? []).flatMap(({ trained }) => (trained ? [trained] : []));
  if (branches.length > 0) await saveBranches(student, branches, file);
}

/** The accuracy after the last epoch. Throws a UserError if metrics of an epoch or the last evaluation are missing. */
function finalAccuracy(
  history: readonly EpochRecord[],
  epochs: number,
  runFolder: string,
): { readonly top1: number; readonly top5: number } {
  const { top1, top5 } = history[history.length - 1] ?? {};
  if (top1 !== undefined && top5 !== undefined && history.length >= epochs) return { top1, top5 };
  const accuracy = top1 === undefined ? ' and no final accuracy' : '';
  throw new UserError(
    `${metricsFile(runFolder)} has metrics for ${history.length} of ${epochs} epochs${accuracy}, so the run has no ` +
      `complete result to record. Restore this file from a backup, or delete ${runFolder} and run the job again.`,
  );
}

/** The distinct commits and machines that worked on a run, without the first. */
async function otherSessions(runFolder: string): Promise<Pick<Session, 'commit' | 'dirty' | 'machine'>[]> {
  const all = (await readSessions(runFolder)).map(({ commit, dirty, machine }) => ({ commit, dirty, machine }));
  const distinct = groupBy(all, (one) => JSON.stringify(one));
  return [...distinct.values()].map(([one]) => one!).slice(1);
}

/**
 * Writes the manifest and removes the checkpoints of a run that has its record. Repeated if a process was killed in
 * between.
 */
export async function closeRun(runFolder: string): Promise<void> {
  if (!hasManifest(runFolder)) await writeManifest(runFolder);
  removeCheckpoints(runFolder);
}

/**
 * Copies the weights of a finished job to the file that its students read, if that is missing. The run may have been
 * finished for another experiment that exports nothing.
 */
export async function exportWeights(job: Job, runsFolder: string): Promise<void> {
  const target = job.exportWeightsTo;
  if (target === undefined || existsSync(target)) return;
  await copyAtomic(studentFile(runFolderOf(job, runsFolder)), target);
}

/** Copies a file in such a way that the target always holds either its old or its new content. */
export async function copyAtomic(source: string, target: string): Promise<void> {
  const draft = `${target}.${process.pid}.${randomBytes(4).toString('hex')}.draft`;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(source, draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw fileError(error, 'write', target);
  }
}
