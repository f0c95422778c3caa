import path from 'node:path';
import { UserError } from '../../lib/errors';
import { readSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors';
import { sha256 } from '../../lib/io/sha256';
import { inTemporaryFolder } from '../../lib/io/temporaryFolder';
import type { RunRecord } from '../../lib/results/records/record';
import { compareRepetition } from '../../lib/results/records/repetition';
import { jobNetworks } from '../../lib/runs/inputs/jobNetworks';
import type { Job } from '../../lib/runs/plan/job';
import { writePlan } from '../../lib/runs/plan/planFile';
import { finishedRecord } from '../../lib/runs/runFolder/finishedRecord';
import { replacedWeightsError } from '../../lib/runs/runFolder/inputWeights';
import { runFolderOf, studentFile } from '../../lib/runs/runFolder/paths';
import { runLocalTask } from '../../lib/runs/schedulers/localSlots';
import { pausedExitCode, taskCommand } from '../../lib/runs/schedulers/task';
import { trainingVersion } from '../../lib/training/trainingVersion';
import { jobProgram } from '../cli/jobProgram';
import { stopSignal } from '../cli/stopSignal';
import { recordsOf } from './records';

export interface VerifyOptions {
  readonly out: string;
  /** Points of top-1 by which a run on another machine may differ. */
  readonly tolerance: number;
}

/**
 * Runs recorded jobs again, in a folder of their own, and prints how each compares with its record. Sets the exit code
 * to 1 if one does not agree.
 */
export async function verifyJobs(jobs: readonly Job[], { out, tolerance }: VerifyOptions): Promise<void> {
  const records = new Map((await recordsOf(jobs, out)).map((record) => [record.id, record]));
  const recordedJobs = jobs.filter(({ id }) => records.has(id));
  if (recordedJobs.length === 0)
    throw new UserError('None of these jobs has a record to compare with. Run them first.');
  const folder = path.join(out, 'verify');
  const signal = stopSignal();
  for (const job of recordedJobs) {
    const recorded = records.get(job.id)!;
    const title = `${job.row}, seed ${job.recipe.seed}`;
    const obstacle = await obstacleTo(job, recorded, folder);
    if (obstacle !== undefined) {
      console.log(`${title}: cannot be repeated. ${obstacle}`);
      process.exitCode = 1;
      continue;
    }
    const repeated = await repeat(job, recorded, folder, signal);
    if (!repeated) return;
    const sameWeights =
      (await weightsHash(studentFile(runFolderOf(job, folder)), recorded)) === recorded.weights?.sha256;
    const { agrees, text } = compareRepetition({ recorded, repeated, sameWeights }, tolerance);
    console.log(`${title}: ${agrees ? 'agrees' : 'DOES NOT AGREE'}: ${text}.`);
    if (!agrees) process.exitCode = 1;
  }
}

/** Why a record cannot be remade by this code and these files; undefined if it can. */
async function obstacleTo(job: Job, recorded: RunRecord, folder: string): Promise<string | undefined> {
  if (recorded.trainingVersion !== trainingVersion) {
    return (
      `It was recorded with version ${recorded.trainingVersion} of the training, and this code has version ` +
      `${trainingVersion}. Check out commit ${recorded.commit.slice(0, 7)}.`
    );
  }
  const networks = await jobNetworks(job);
  return (await replacedWeightsError(job.recipe, runFolderOf(job, folder), recorded, networks))?.message;
}

/** Trains a job to its end with the recorded number of threads; undefined if it was stopped, and can be resumed. */
async function repeat(
  job: Job,
  { threads, processes = 1 }: RunRecord,
  folder: string,
  signal: AbortSignal,
): Promise<RunRecord | undefined> {
  const plan = await writePlan([job], folder);
  const task = taskCommand({ program: jobProgram, plan, index: 0, out: folder, processes });
  const environment = { TF_NUM_INTRAOP_THREADS: String(threads * processes) };
  const outcome = await runLocalTask(task, { environment, signal, onLine: (text) => console.error(text) });
  if (outcome === 'failed') throw new UserError(`${job.row} failed. Its log is ${runFolderOf(job, folder)}/log`);
  if (outcome === 'finished') return finishedRecord(job, folder);
  console.log('Paused. Run the same command again to resume.');
  process.exitCode = pausedExitCode;
  return undefined;
}

/**
 * The SHA-256 that a file of weights would have at the commit of a record: the header of the file names the commit.
 */
async function weightsHash(file: string, { commit }: RunRecord): Promise<string> {
  const { metadata, tensors } = readSafetensors(file);
  return inTemporaryFolder(async (folder) => {
    const copy = path.join(folder, 'student.safetensors');
    await writeSafetensors(copy, tensors, { metadata: { ...Object.fromEntries(metadata), commit } });
    return sha256(copy);
  });
}
