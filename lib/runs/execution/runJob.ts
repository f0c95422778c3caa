import { appendFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { UnreadableImage } from '../../data/loading/batchData';
import { isAbort, UserError } from '../../errors';
import { removeDrafts } from '../../io/atomic';
import { fileError } from '../../io/fileError';
import { writeJson } from '../../io/json';
import type { OwnNetworks } from '../../models/own/network';
import { disposeModule } from '../../models/parameter';
import type { RunRecord } from '../../results/records/record';
import { restoreCheckpoint, saveCheckpoint } from '../../training/checkpoint/checkpoint';
import type { EpochEvent, TrainingEvent } from '../../training/event';
import { trainingVersion } from '../../training/trainingVersion';
import { checkMemory } from '../../training/setup/memory';
import { namesOwnNetwork } from '../../training/recipe/ownParts';
import { Training } from '../../training/training';
import type { Resources } from '../../training/setup/resources';
import { loadData } from '../inputs/data';
import { jobNetworks } from '../inputs/jobNetworks';
import { loadRecipeTeacher, type Teacher } from '../inputs/teacher';
import { sharedTeacherCache } from '../inputs/teacherCache';
import type { Job } from '../plan/job';
import { finishedRecord } from '../runFolder/finishedRecord';
import { givenWeights } from '../runFolder/inputWeights';
import { lockFolder, RunLockedError } from '../runFolder/lock';
import { commit, threadCount, thisMachine, versions } from '../runFolder/machine';
import { appendMetrics } from '../runFolder/metrics';
import { failureFile, metricsFile, runFolderOf } from '../runFolder/paths';
import { startSession, type Session } from '../runFolder/sessions';
import type { Ending } from '../tracking/tracker';
import { startTracking, type Tracking } from '../tracking/tracking';
import { closeRun, exportWeights, finishRun } from './finishRun';
import type { LeadingGroup } from './processGroup';

export interface JobOptions {
  /** The folder of all runs. Each job has its own folder inside. */
  readonly runsFolder: string;
  /** Pauses the job between two steps, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Seconds between checkpoints within an epoch. Default: 30. Each epoch ends with one as well. */
  readonly checkpointSeconds?: number;
  /** Address of an MLflow server. Default: MLFLOW_TRACKING_URI. */
  readonly mlflow?: string;
  /** The number of processes that share each batch, including this one, and the function that starts the others. */
  readonly processes?: { readonly count: number; readonly start: () => LeadingGroup };
  /** Networks that are not in the library. Default: those of the job's file. */
  readonly networks?: OwnNetworks | undefined;
  readonly onEvent?: (event: TrainingEvent) => void;
  readonly onNotice?: (text: string) => void;
}

/**
 * Runs a job to its end and returns its record. Resumes from the last checkpoint if there is one; returns the
 * existing record of a finished job. When stopped by its signal, saves a checkpoint and throws the signal's reason.
 * Throws a RunLockedError if another process runs the job. Any other error is written to `failure.json` as well.
 */
export async function runJob(job: Job, options: JobOptions): Promise<RunRecord> {
  const runFolder = runFolderOf(job, options.runsFolder);
  const release = await lockFolder(runFolder);
  try {
    await removeDrafts(runFolder);
    const done = await finishedRecord(job, options.runsFolder);
    if (done) {
      await exportWeights(job, options.runsFolder);
      await closeRun(runFolder);
      return done;
    }
    await rm(failureFile(runFolder), { force: true });
    const record = await startOrResume(job, runFolder, options);
    await appendLog(runFolder, `finished: top-1 ${record.top1.toFixed(2)} %`);
    await closeRun(runFolder);
    return record;
  } catch (error) {
    if (!(error instanceof RunLockedError)) await logEnd(runFolder, error, isAbort(error, options.signal));
    throw error;
  } finally {
    await release();
  }
}

/** Writes why a run ended to its log and, unless it was stopped, to `failure.json`. */
async function logEnd(runFolder: string, error: unknown, stopped: boolean): Promise<void> {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // On a full disk neither can be written; the error itself is thrown in any case.
  await appendLog(runFolder, stopped ? 'stopped, with a checkpoint' : details).catch(() => undefined);
  if (stopped) return;
  const message = error instanceof UserError ? error.message : details;
  await writeJson(failureFile(runFolder), { time: new Date().toISOString(), message }).catch(() => undefined);
}

/** Records a session, loads the inputs, and trains to the end. */
async function startOrResume(job: Job, runFolder: string, options: JobOptions): Promise<RunRecord> {
  const { recipe } = job;
  const networks = options.networks ?? (await jobNetworks(job));
  await writeJson(path.join(runFolder, 'recipe.json'), job);
  const { first, notices } = await startSession(runFolder, {
    ...commit(),
    trainingVersion,
    versions: versions(),
    machine: thisMachine(),
    threads: threadCount(),
    processes: options.processes?.count ?? 1,
    seed: recipe.seed,
    givenWeights: await givenWeights(recipe, networks),
  });
  const { train, test, notice } = await loadData(recipe.data, recipe.imageSize);
  const teacher = loadRecipeTeacher(recipe, { train, test }, { networks });
  try {
    const resources = { train, test, ...(teacher && { teacher: teacher.model }), networks };
    return await trainAndRecord({ job, runFolder, options, first, teacher, resources, notices: [notice, ...notices] });
  } finally {
    if (teacher) disposeModule(teacher.model);
  }
}

interface StartedRun {
  readonly job: Job;
  readonly runFolder: string;
  readonly options: JobOptions;
  /** The session that started the run. */
  readonly first: Session;
  readonly teacher: Teacher | undefined;
  readonly resources: Resources;
  readonly notices: readonly (string | undefined)[];
}

async function trainAndRecord(run: StartedRun): Promise<RunRecord> {
  const { job, runFolder, options, first, teacher, resources, notices } = run;
  const notify = async (text: string): Promise<void> => {
    options.onNotice?.(`${job.row}: ${text}`);
    await appendLog(runFolder, text);
  };
  // Errors of the cache and the trackers do not end the run, even if the log cannot be written.
  const onError = (text: string): void => void notify(text).catch(() => undefined);

  const memory = await checkMemory(job.recipe, resources);
  // The cache holds whole batches; processes that share a batch see a part of it each.
  const ownTeacher = namesOwnNetwork({ student: '', teacher: job.recipe.teacher }, resources.networks);
  const cacheOptions = { runsFolder: options.runsFolder, onError, ownTeacher };
  const teacherCache =
    teacher && !options.processes
      ? await sharedTeacherCache(job.recipe, teacher.model, resources.train.count, cacheOptions)
      : undefined;
  const training = new Training(job.recipe, { ...resources, ...(teacherCache && { teacherCache }) });
  try {
    const resumed = restoreCheckpoint(training, runFolder);
    for (const text of [...notices, memory, resumed]) if (text !== undefined) await notify(text);
    if (resumed === undefined) {
      await appendLog(runFolder, 'started');
      await rm(metricsFile(runFolder), { force: true });
    }
    const tracking = await startTracking(job, runFolder, { mlflow: options.mlflow, onError });
    let ending: Ending = 'failed';
    try {
      await trainWithCheckpoints(training, runFolder, tracking, options);
      const record = await finishRun(job, runFolder, { training, first, images: resources.train, teacher });
      ending = 'finished';
      return record;
    } catch (error) {
      if (isAbort(error, options.signal)) ending = 'stopped';
      throw error;
    } finally {
      await tracking.end(ending);
    }
  } finally {
    training.dispose();
  }
}

/**
 * Trains to the end of the recipe. Writes metrics and a checkpoint after each epoch, and further checkpoints at
 * intervals and when stopped.
 */
async function trainWithCheckpoints(
  training: Training,
  runFolder: string,
  tracking: Tracking,
  { signal, processes, onEvent, onNotice, checkpointSeconds = 30 }: JobOptions,
): Promise<void> {
  let savedAt = performance.now();
  const unreadable: string[] = [];
  const onUnreadable = ({ name, reason }: UnreadableImage): void => {
    const text = `${name} is left out: ${reason}`;
    unreadable.push(text);
    onNotice?.(text);
  };
  const group = processes?.start();
  try {
    for await (const event of training.run({ signal, onUnreadable, ...(group && { group }) })) {
      while (unreadable.length > 0) await appendLog(runFolder, unreadable.shift()!);
      if (event.kind === 'epoch') {
        const metrics = await appendMetrics(runFolder, event);
        await appendLog(runFolder, epochText(event));
        tracking.epoch(metrics, event.epoch * training.stepsPerEpoch);
      } else {
        tracking.step(event, (event.epoch - 1) * event.steps + event.step);
      }
      if (event.kind === 'epoch' || performance.now() - savedAt >= checkpointSeconds * 1000) {
        await saveCheckpoint(training, runFolder);
        savedAt = performance.now();
      }
      onEvent?.(event);
    }
  } catch (error) {
    if (isAbort(error, signal)) await saveCheckpoint(training, runFolder);
    throw error;
  } finally {
    group?.close();
  }
}

async function appendLog(runFolder: string, text: string): Promise<void> {
  const file = path.join(runFolder, 'log');
  try {
    await appendFile(file, `${new Date().toISOString()} ${text}\n`);
  } catch (error) {
    throw fileError(error, 'write', file);
  }
}

/** The result of an epoch on one line, for the log and the terminal. */
export function epochText({ epoch, loss, top1, imagesPerSecond }: EpochEvent): string {
  const accuracy = top1 === undefined ? '' : `, top-1 ${top1.toFixed(2)} %`;
  return `epoch ${epoch}: loss ${loss.toFixed(3)}${accuracy}, ${imagesPerSecond.toFixed(0)} images/s`;
}
