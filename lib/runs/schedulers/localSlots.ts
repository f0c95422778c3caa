import { execFileSync, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { TrainingEvent } from '../../training/event';
import type { Outcome } from './grid';
import { pausedExitCode } from './task';

/**
 * Environment of a job in one of the slots of this machine: its share of the threads, and one GPU for each of its
 * processes.
 */
export function slotEnvironment(
  slot: number,
  slots: number,
  gpus: readonly string[] = availableGpus(),
  processes = 1,
): Record<string, string> {
  const gpuCount = Math.min(processes, gpus.length);
  const own = Array.from({ length: gpuCount }, (_, i) => gpus[(slot * processes + i) % gpus.length]!);
  const threads = Math.max(1, Math.floor(availableParallelism() / slots));
  return {
    TF_NUM_INTRAOP_THREADS: process.env['TF_NUM_INTRAOP_THREADS'] ?? String(threads),
    ...(own.length > 0 && { CUDA_VISIBLE_DEVICES: own.join(',') }),
  };
}

/**
 * The GPUs that this process may use: those in CUDA_VISIBLE_DEVICES, or if it is not set all that the NVIDIA driver
 * lists.
 */
export function availableGpus(): string[] {
  const visible = process.env['CUDA_VISIBLE_DEVICES'];
  if (visible !== undefined) return visible.split(',').filter((name) => name !== '' && name !== '-1');
  try {
    const list = execFileSync('nvidia-smi', ['--query-gpu=index', '--format=csv,noheader'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return list.trim().split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

export interface LocalTaskOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Stops the task, which first writes a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Called with each line that the task prints. */
  readonly onLine?: (line: string) => void;
}

/** Runs a task in a process of this machine, and resolves when it has ended. Rejects if it cannot be started. */
export function runLocalTask(
  [program = '', ...args]: readonly string[],
  { environment, signal, onEvent, onLine }: LocalTaskOptions,
): Promise<Outcome> {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  child.on('message', (message) => {
    const event = trainingEvent.safeParse(message);
    if (event.success) onEvent?.(event.data);
  });
  for (const input of [child.stdout, child.stderr])
    if (input) createInterface({ input }).on('line', (line) => onLine?.(line));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop);
      // Ctrl-C can end a task before it handles signals, while it loads. It has computed nothing then.
      const isPaused = code === pausedExitCode || (code === null && signal?.aborted === true);
      resolve(code === 0 ? 'finished' : isPaused ? 'paused' : 'failed');
    });
  });
}

const trainingEvent = z.custom<TrainingEvent>(
  (value) => typeof value === 'object' && value !== null && 'kind' in value,
);
