import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Experiment, Profile, Row } from '../experiments/experiment';
import { writeAtomic } from '../io/atomic';
import { appendJsonLine, readJsonLines } from '../io/jsonLines';
import { sha256 } from '../io/sha256';
import { disposeModule } from '../models/parameter';
import { saveWeights } from '../models/weights';
import { epochRecord, runRecord, type EpochRecord, type RunRecord } from '../results/record';
import { removeCheckpoints, restoreCheckpoint, saveCheckpoint } from '../training/checkpoint';
import { completeRecipe, recipeId, type Recipe } from '../training/recipe';
import { Training, type EpochEvent, type TrainingEvent } from '../training/training';
import { commit, thisMachine, threadCount, versions } from './machine';
import { loadData, loadTeacher } from './materials';

/** One run of a grid: a row of an experiment with a seed. */
export interface Job {
  /** Hash of the recipe: equal jobs have equal ids, and one that is finished is never run again. */
  readonly id: string;
  readonly experiment: string;
  readonly row: string;
  readonly profile: Profile;
  readonly recipe: Recipe;
}

export interface RunOptions {
  /** The folder of all runs; each job has its own beneath it. */
  readonly folder: string;
  /** Stops the job between two steps, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  readonly onNotice?: (text: string) => void;
}

/** The jobs of an experiment at a size: every row with every seed. */
export function plan(experiment: Experiment, profile: Profile, { rows, seeds }: { readonly rows?: readonly string[]; readonly seeds?: readonly number[] } = {}): Job[] {
  return experiment.rows[profile].filter(({ name }) => !rows || rows.includes(name)).flatMap((row: Row) =>
    (seeds ?? experiment.seeds).map((seed): Job => {
      const recipe = completeRecipe({ ...row.recipe, seed });
      return { id: recipeId(recipe), experiment: experiment.name, row: row.name, profile, recipe };
    }));
}

/** The record of a job, if it has been finished in this folder. */
export async function finishedRecord(job: Job, folder: string): Promise<RunRecord | undefined> {
  const file = path.join(folder, job.id, 'record.json');
  if (!existsSync(file)) return undefined;
  // The same training may stand in two tables: its record is told under the name that asks.
  return { ...runRecord.parse(JSON.parse(await readFile(file, 'utf8'))), experiment: job.experiment, row: job.row };
}

/** Runs a job to its end, from its last checkpoint if there is one, and returns its record. When stopped, leaves a checkpoint and throws the signal's reason. */
export async function runJob(job: Job, { folder, signal, onEvent, onNotice }: RunOptions): Promise<RunRecord> {
  const done = await finishedRecord(job, folder);
  if (done) return done;
  const home = path.join(folder, job.id);
  await mkdir(home, { recursive: true });
  await writeAtomic(path.join(home, 'recipe.json'), `${JSON.stringify(job, null, 2)}\n`);
  const { train, test, notice } = await loadData(job.recipe.data);
  if (notice) onNotice?.(notice);
  const teacher = job.recipe.teacher ? loadTeacher(job.recipe.teacher, train) : undefined;
  const training = new Training(job.recipe, { train, test, teacher: teacher?.model });
  try {
    const resumed = restoreCheckpoint(training, home);
    if (resumed) onNotice?.(`${job.row}: ${resumed}`);
    const metrics = path.join(home, 'metrics.jsonl');
    if (!resumed) {
      await rm(metrics, { force: true });
      await writeAtomic(path.join(home, 'started'), new Date().toISOString());
    }
    await follow(training, home, { signal, onEvent });
    const history = lastOfEachEpoch(await readJsonLines(metrics, (value) => epochRecord.parse(value)));
    const weights = path.join(home, 'student.safetensors');
    const last = history[history.length - 1]!;
    await saveWeights(training.student, weights, { recipe: job.id, top1: String(last.top1), epochs: String(job.recipe.epochs), commit: commit().commit });
    const record: RunRecord = {
      id: job.id, experiment: job.experiment, row: job.row, profile: job.profile, dataset: job.recipe.data.name,
      teacher: job.recipe.teacher?.model ?? null, student: job.recipe.student, method: job.recipe.method.kind, recipe: job.recipe, seed: job.recipe.seed,
      epochs: job.recipe.epochs, images: train.count, ...commit(), machine: thisMachine(), threads: threadCount(), versions: versions(),
      started: await readFile(path.join(home, 'started'), 'utf8'), seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
      command: `npm run experiment -- run ${job.experiment} --rows ${job.row} --seeds ${job.recipe.seed} --profile ${job.profile}`,
      top1: last.top1 ?? 0, top5: last.top5 ?? 0, bestTop1: Math.max(...history.map(({ top1 }) => top1 ?? 0)),
      ...(teacher?.top1 === undefined ? {} : { teacherTop1: teacher.top1 }),
      history, weights: { path: path.relative(process.cwd(), weights), sha256: await sha256(weights) },
    };
    await writeAtomic(path.join(home, 'record.json'), `${JSON.stringify(runRecord.parse(record), null, 2)}\n`);
    removeCheckpoints(home);
    return record;
  } finally {
    training.dispose();
    if (teacher) disposeModule(teacher.model);
  }
}

/** Trains to the end; metrics after each epoch, a checkpoint after each epoch, each half minute and when stopped. */
async function follow(training: Training, home: string, { signal, onEvent }: Pick<RunOptions, 'signal' | 'onEvent'>): Promise<void> {
  let saved = performance.now();
  try {
    for await (const event of training.run({ signal })) {
      if (event.kind === 'epoch') await appendJsonLine(path.join(home, 'metrics.jsonl'), asRecord(event));
      if (event.kind === 'epoch' || performance.now() - saved > 30_000) {
        await saveCheckpoint(training, home);
        saved = performance.now();
      }
      onEvent?.(event);
    }
  } catch (error) {
    if (signal?.aborted) await saveCheckpoint(training, home);
    throw error;
  }
}

function asRecord({ kind: _, ...measured }: EpochEvent): EpochRecord {
  return measured;
}

/** A run that was killed between its metrics and its checkpoint has written an epoch twice. */
function lastOfEachEpoch(history: readonly EpochRecord[]): EpochRecord[] {
  return [...new Map(history.map((record) => [record.epoch, record])).values()].sort((a, b) => a.epoch - b.epoch);
}
