import type { Job } from '../plan/job';
import { prerequisites } from '../plan/plan';

/**
 * The result of one attempt at a job. `paused`: stopped with a checkpoint, to be resumed. `skipped`: not started,
 * because the grid was stopped or a prerequisite did not finish.
 */
export type Outcome = 'finished' | 'paused' | 'failed' | 'skipped';

export interface GridOptions {
  /** Number of jobs that run at the same time. */
  readonly slots: number;
  /** Runs one job in a slot, numbered from 0. */
  readonly execute: (job: Job, slot: number) => Promise<Outcome>;
  /** Starts no further job once it fires. */
  readonly signal?: AbortSignal;
  readonly onOutcome?: (job: Job, outcome: Outcome) => void | Promise<void>;
}

/**
 * Runs jobs in parallel, each after its prerequisites, and resolves to the outcome of each by its id. If `execute` or
 * `onOutcome` rejects, no further job starts; the running ones are awaited, and then the first error is thrown.
 */
export async function runGrid(
  jobs: readonly Job[],
  { slots, execute, signal, onOutcome }: GridOptions,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const waiting = [...jobs];
  const running = new Map<number, Promise<void>>();
  const errors: unknown[] = [];

  const settle = async (job: Job, outcome: Outcome): Promise<void> => {
    outcomes.set(job.id, outcome);
    await onOutcome?.(job, outcome);
  };
  const collectError = (error: unknown): void => void errors.push(error);
  const start = (job: Job): void => {
    const slot = Array.from({ length: slots }, (_, number) => number).find((number) => !running.has(number))!;
    const work = execute(job, slot).then((outcome) => settle(job, outcome));
    running.set(
      slot,
      work.catch(collectError).finally(() => running.delete(slot)),
    );
  };
  const readiness = (job: Job): 'ready' | 'blocked' | 'skipped' => {
    const before = prerequisites(job, jobs).map(({ id }) => outcomes.get(id));
    if (signal?.aborted === true || errors.length > 0) return 'skipped';
    if (before.some((outcome) => outcome !== undefined && outcome !== 'finished')) return 'skipped';
    return before.includes(undefined) ? 'blocked' : 'ready';
  };

  while (waiting.length > 0 || running.size > 0) {
    for (let index = 0; index < waiting.length && running.size < slots;) {
      const job = waiting[index]!;
      const ready = readiness(job);
      if (ready === 'blocked') {
        index++;
        continue;
      }
      waiting.splice(index, 1);
      if (ready === 'ready') start(job);
      else await settle(job, 'skipped').catch(collectError);
    }
    if (running.size > 0) await Promise.race(running.values());
  }
  if (errors.length > 0) throw errors[0];
  return outcomes;
}
