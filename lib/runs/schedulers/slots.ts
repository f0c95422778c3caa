import { execFileSync, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { TrainingEvent } from '../../training/event';
import type { Outcome } from './grid';

/** The exit code of a job that is not finished: it was stopped with a checkpoint, or another process is at it. */
export const resumeLater = 75;

/** The line that runs one job of a plan, from the project's root; so many processes share each batch. */
export function taskCommand(plan: string, index: number | string, out: string, processes = 1): string[] {
  return [
    process.execPath,
    '--import',
    'tsx',
    path.join('scripts', 'job.ts'),
    plan,
    String(index),
    '--out',
    out,
    ...(processes > 1 ? ['--processes', String(processes)] : []),
  ];
}

/** What a slot of a machine gives a job: its share of the threads, and a GPU for each of its processes where there are any. */
export function slotEnvironment(
  slot: number,
  slots: number,
  cards: readonly string[] = gpus(),
  processes = 1,
): Record<string, string> {
  const own = Array.from(
    { length: Math.min(processes, cards.length) },
    (_, i) => cards[(slot * processes + i) % cards.length]!,
  );
  return {
    TF_NUM_INTRAOP_THREADS:
      process.env['TF_NUM_INTRAOP_THREADS'] ?? String(Math.max(1, Math.floor(availableParallelism() / slots))),
    ...(own.length > 0 && { CUDA_VISIBLE_DEVICES: own.join(',') }),
  };
}

/** The GPUs that this process may use: those of CUDA_VISIBLE_DEVICES, or all that the driver knows. */
export function gpus(): string[] {
  const given = process.env['CUDA_VISIBLE_DEVICES'];
  if (given !== undefined) return given.split(',').filter((name) => name !== '' && name !== '-1');
  try {
    return execFileSync('nvidia-smi', ['--query-gpu=index', '--format=csv,noheader'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split('\n')
      .filter(Boolean);
  } catch {
    return [];
  }
}

export interface SlotOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  readonly onLine?: (text: string) => void;
}

/** Runs a task in a process of its own. The signal asks it for a checkpoint and waits for it. */
export function runTask(
  [program = '', ...args]: readonly string[],
  { environment, signal, onEvent, onLine }: SlotOptions,
): Promise<Outcome> {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  child.on('message', (message) => {
    const event = told.safeParse(message);
    if (event.success) onEvent?.(event.data);
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    let rest = '';
    stream
      .setEncoding('utf8')
      .on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        lines.forEach((line) => onLine?.(line));
      })
      .on('end', () => rest !== '' && onLine?.(rest));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop);
      resolve(code === 0 ? 'finished' : code === resumeLater ? 'later' : 'failed');
    });
  });
}

const told = z.custom<TrainingEvent>((value) => typeof value === 'object' && value !== null && 'kind' in value);
