import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Experiment, Row } from '../../lib/experiments/experiment';
import { sha256 } from '../../lib/io/sha256';
import { homeOf } from '../../lib/runs/runFolder/paths';
import { plan, writePlan, type Job } from '../../lib/runs/job/job';
import { taskCommand } from '../../lib/runs/schedulers/slots';

/** The smallest recipe of all: seconds on made-up images. */
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
  /** What it has told so far, and its end. */
  readonly told: string[];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Begins a job in a process of its own, with a checkpoint after every step. */
export async function start(
  job: Job,
  out: string,
  environment: Readonly<Record<string, string>> = {},
  processes = 1,
): Promise<Process> {
  const [program, ...args] = [
    ...taskCommand(await writePlan([job], out), 0, out, processes),
    '--checkpoint-seconds',
    '0',
  ];
  const child = spawn(program, args, {
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // Whatever becomes of the test, nothing of it stays behind, stopped or not.
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('close', () => process.off('exit', end));
  const told: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => told.push(text));
  return { child, told, ended: once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode })) };
}

/** Runs a job to the end of its process. */
export async function runToEnd(
  job: Job,
  out: string,
  environment?: Readonly<Record<string, string>>,
  processes?: number,
): Promise<{ readonly code: number | null; readonly text: string }> {
  const { told, ended } = await start(job, out, environment, processes);
  const { code } = await ended;
  return { code, text: told.join('') };
}

export function weightsHash(job: Job, out: string): Promise<string> {
  return sha256(path.join(homeOf(job, out), 'student.safetensors'));
}

export function logOf(job: Job, out: string): Promise<string> {
  return readFile(path.join(homeOf(job, out), 'log'), 'utf8');
}
