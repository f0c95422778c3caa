import { appendFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Unreadable } from '../../data/batches/prepare';
import { isAbort, UserError } from '../../errors';
import { removeDrafts } from '../../io/atomic';
import { fileError } from '../../io/fileError';
import { writeJson } from '../../io/json';
import { appendJsonLine } from '../../io/jsonLines';
import { disposeModule } from '../../models/parameter';
import type { EpochRecord, RunRecord } from '../../results/records/record';
import { restoreCheckpoint, saveCheckpoint } from '../../training/checkpoint';
import type { EpochEvent, TrainingEvent } from '../../training/event';
import { checkMemory } from '../../training/memory';
import { Training } from '../../training/training';
import { closeRun, finishRun, publishFinished } from './finishRun';
import { givenWeights } from '../runFolder/inputWeights';
import { failureOf, homeOf, metricsOf } from '../runFolder/paths';
import { finishedRecord, type Job } from './job';
import { Busy, lockFolder } from '../runFolder/lock';
import { commit, threadCount, thisMachine, versions } from '../runFolder/machine';
import { loadData, teacherFor } from './materials';
import type { LeadingGroup } from '../schedulers/processGroup';
import { beginSession } from '../runFolder/sessions';
import { teacherCacheFor } from './teacherCache';
import type { Ending } from '../tracking/tracker';
import { track, type Tracking } from '../tracking/tracking';

export interface JobOptions {
  /** The folder of all runs; each job has its own beneath it. */
  readonly folder: string;
  /** Stops the job between two steps, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Between checkpoints within an epoch; 30 unless told. Each epoch ends with one besides. */
  readonly checkpointSeconds?: number;
  /** Address of an MLflow server; that in MLFLOW_TRACKING_URI unless told. */
  readonly mlflow?: string;
  /** Processes that share each batch, this one among them, and what starts the others once this one stands where the run goes on. */
  readonly processes?: { readonly count: number; readonly start: () => LeadingGroup };
  readonly onEvent?: (event: TrainingEvent) => void;
  readonly onNotice?: (text: string) => void;
}

/**
 * Runs a job to its end, from its last checkpoint if there is one, and returns its record; a finished one is not run again.
 * When stopped, leaves a checkpoint and throws the signal's reason. Throws Busy where another process is at it; what else ends
 * it is noted in `failure.json`.
 */
export async function runJob(job: Job, options: JobOptions): Promise<RunRecord> {
  const home = homeOf(job, options.folder);
  const release = await lockFolder(home);
  const log = (text: string): Promise<void> => appendLog(path.join(home, 'log'), text);
  try {
    await removeDrafts(home);
    const done = await finishedRecord(job, options.folder);
    if (done) {
      await publishFinished(job, options.folder);
      await closeRun(home);
      return done;
    }
    await rm(failureOf(home), { force: true });
    const record = await work(job, home, options, log);
    await log(`finished: top-1 ${record.top1.toFixed(2)} %`);
    await closeRun(home);
    return record;
  } catch (error) {
    if (error instanceof Busy) throw error;
    const stopped = isAbort(error, options.signal);
    const told = stopped
      ? 'stopped, with a checkpoint'
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
    // On a full disk neither can be written: the fault itself is what is told.
    await log(told).catch(() => undefined);
    if (!stopped) {
      const message = error instanceof UserError ? error.message : told;
      await writeJson(failureOf(home), { time: new Date().toISOString(), message }).catch(() => undefined);
    }
    throw error;
  } finally {
    await release();
  }
}

async function work(
  job: Job,
  home: string,
  options: JobOptions,
  log: (text: string) => Promise<void>,
): Promise<RunRecord> {
  await writeJson(path.join(home, 'recipe.json'), job);
  const { first, notices } = await beginSession(home, {
    ...commit(),
    versions: versions(),
    machine: thisMachine(),
    threads: threadCount(),
    processes: options.processes?.count ?? 1,
    seed: job.recipe.seed,
    givenWeights: await givenWeights(job.recipe),
  });
  const { train, test, notice } = await loadData(job.recipe.data, job.recipe.imageSize);
  const teacher = teacherFor(job.recipe, { train, test });
  const tell = async (text: string): Promise<void> => {
    options.onNotice?.(`${job.row}: ${text}`);
    await log(text);
  };
  // What goes wrong beside the run does not end it, not even where the log cannot be written.
  const onFault = (text: string): void => void tell(text).catch(() => undefined);
  try {
    const resources = { train, test, ...(teacher && { teacher: teacher.model }) };
    const memory = await checkMemory(job.recipe, resources);
    // Processes that share a batch see a part of it each.
    const teacherCache =
      teacher && !options.processes
        ? await teacherCacheFor(job.recipe, teacher.model, train.count, { folder: options.folder, onFault })
        : undefined;
    const training = new Training(job.recipe, { ...resources, ...(teacherCache && { teacherCache }) });
    try {
      const resumed = restoreCheckpoint(training, home);
      for (const text of [notice, ...notices, memory, resumed]) if (text !== undefined) await tell(text);
      if (resumed === undefined) {
        await log('begins');
        await rm(metricsOf(home), { force: true });
      }
      const tracking = await track(job, home, { mlflow: options.mlflow, onFault });
      let ending: Ending = 'failed';
      try {
        await follow(training, home, { ...options, tracking }, log);
        const record = await finishRun(job, home, { training, first, images: train, teacher });
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
  } finally {
    if (teacher) disposeModule(teacher.model);
  }
}

/** Trains to the end; metrics and a checkpoint after each epoch, a checkpoint now and then within it and when stopped. */
async function follow(
  training: Training,
  home: string,
  {
    signal,
    processes,
    onEvent,
    onNotice,
    checkpointSeconds = 30,
    tracking,
  }: JobOptions & { readonly tracking: Tracking },
  log: (text: string) => Promise<void>,
): Promise<void> {
  let saved = performance.now();
  const unreadable: string[] = [];
  const group = processes?.start();
  try {
    const onUnreadable = ({ name, reason }: Unreadable): void => {
      unreadable.push(`${name} is left out: ${reason}`);
      onNotice?.(unreadable[unreadable.length - 1]!);
    };
    for await (const event of training.run({ signal, onUnreadable, ...(group && { group }) })) {
      while (unreadable.length > 0) await log(unreadable.shift()!);
      if (event.kind === 'epoch') {
        await appendJsonLine(metricsOf(home), asRecord(event));
        await log(epochText(event));
        tracking.epoch(asRecord(event), event.epoch * training.stepsPerEpoch);
      } else {
        tracking.step(event, (event.epoch - 1) * event.steps + event.step);
      }
      if (event.kind === 'epoch' || performance.now() - saved >= checkpointSeconds * 1000) {
        await saveCheckpoint(training, home);
        saved = performance.now();
      }
      onEvent?.(event);
    }
  } catch (error) {
    if (isAbort(error, signal)) await saveCheckpoint(training, home);
    throw error;
  } finally {
    group?.close();
  }
}

async function appendLog(file: string, text: string): Promise<void> {
  try {
    await appendFile(file, `${new Date().toISOString()} ${text}\n`);
  } catch (error) {
    throw fileError(error, 'write', file);
  }
}

function asRecord({ kind: _, ...measured }: EpochEvent): EpochRecord {
  return measured;
}

/** An epoch in words. */
export function epochText({ epoch, loss, top1, imagesPerSecond }: EpochEvent): string {
  return `epoch ${epoch}: loss ${loss.toFixed(3)}${top1 === undefined ? '' : `, top-1 ${top1.toFixed(2)} %`}, ${imagesPerSecond.toFixed(0)} images/s`;
}
