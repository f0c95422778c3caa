import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Experiment, Row } from '../../lib/experiments/experiment';
import { sha256 } from '../../lib/io/sha256';
import { runFolderOf } from '../../lib/runs/runFolder/paths';
import { jobProgram } from '../../scripts/cli/jobProgram';
import { plan } from '../../lib/runs/plan/plan';
import { writePlan } from '../../lib/runs/plan/planFile';
import type { Job } from '../../lib/runs/plan/job';
import { taskCommand } from '../../lib/runs/schedulers/task';

/** The smallest recipe: seconds on synthetic images. */
export const tiny: Row = {
  name: 'tiny',
  recipe: {
    student: 'mixer_64',
    data: { name: 'synthetic', trainImages: 100 },
    epochs: 2,
    batchSize: 20,
    evaluateEvery: 1,
    optimizer: { name: 'adamw' },
    learningRate: 1e-3,
    schedule: { kind: 'cosine', min: 0, per: 'step' },
    weightDecay: 0.05,
  },
};

export function experimentOf(rows: readonly Row[]): Experiment {
  return { name: 'example', title: 'Does it run?', seeds: [0], rows: { smoke: rows, laptop: [], paper: [] } };
}

export function jobsOf(rows: readonly Row[] = [tiny]): Job[] {
  return plan(experimentOf(rows), 'smoke');
}

export interface Process {
  readonly child: ChildProcess;
  /** Its output so far. */
  readonly output: string[];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts a job in a process of its own, with a checkpoint after every step. */
export async function start(
  job: Job,
  out: string,
  environment: Readonly<Record<string, string>> = {},
  processes = 1,
): Promise<Process> {
  const [program, ...args] = [
    ...taskCommand({ program: jobProgram, plan: await writePlan([job], out), index: 0, out, processes }),
    '--checkpoint-seconds',
    '0',
  ];
  const child = spawn(program, args, {
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // No process outlives the test, whether or not it fails.
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('close', () => process.off('exit', end));
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => output.push(text));
  return {
    child,
    output,
    ended: once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode })),
  };
}

/** Runs a job to the end of its process. */
export async function runToEnd(
  job: Job,
  out: string,
  environment?: Readonly<Record<string, string>>,
  processes?: number,
): Promise<{ readonly code: number | null; readonly text: string }> {
  const { output, ended } = await start(job, out, environment, processes);
  const { code } = await ended;
  return { code, text: output.join('') };
}

export function weightsHash(job: Job, out: string): Promise<string> {
  return sha256(path.join(runFolderOf(job, out), 'student.safetensors'));
}

export function logOf(job: Job, out: string): Promise<string> {
  return readFile(path.join(runFolderOf(job, out), 'log'), 'utf8');
}
