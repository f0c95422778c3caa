import { needs, type Job } from '../job/job';

/** What came of a job: done, to be run again, broken, or never begun because one that it needs was not done. */
export type Outcome = 'finished' | 'later' | 'failed' | 'held';

export interface GridOptions {
  /** Jobs at a time. */
  readonly slots: number;
  /** Runs one job in a slot, numbered from 0. */
  readonly execute: (job: Job, slot: number) => Promise<Outcome>;
  /** Begins no further job. */
  readonly signal?: AbortSignal;
  readonly onOutcome?: (job: Job, outcome: Outcome) => void | Promise<void>;
}

/**
 * Runs jobs side by side, each after those that it needs. Resolves to what came of each by its id. Where one cannot be run or noted at
 * all, none begins any more; those under way are waited for, and then the fault is thrown.
 */
export async function runGrid(
  jobs: readonly Job[],
  { slots, execute, signal, onOutcome }: GridOptions,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const waiting = [...jobs];
  const running = new Map<number, Promise<void>>();
  const faults: unknown[] = [];
  const settle = async (job: Job, outcome: Outcome): Promise<void> => {
    outcomes.set(job.id, outcome);
    await onOutcome?.(job, outcome);
  };
  while (waiting.length > 0 || running.size > 0) {
    for (let index = 0; index < waiting.length && running.size < slots;) {
      const job = waiting[index]!;
      const before = needs(job, jobs).map(({ id }) => outcomes.get(id));
      const unmet =
        signal?.aborted === true ||
        faults.length > 0 ||
        before.some((outcome) => outcome !== undefined && outcome !== 'finished');
      if (!unmet && before.includes(undefined)) {
        index++;
        continue;
      }
      waiting.splice(index, 1);
      if (unmet) await settle(job, 'held').catch((error: unknown) => void faults.push(error));
      else {
        const slot = Array.from({ length: slots }, (_, number) => number).find((number) => !running.has(number))!;
        running.set(
          slot,
          execute(job, slot)
            .then((outcome) => settle(job, outcome))
            .catch((error: unknown) => void faults.push(error))
            .finally(() => running.delete(slot)),
        );
      }
    }
    if (running.size > 0) await Promise.race(running.values());
  }
  if (faults.length > 0) throw faults[0];
  return outcomes;
}
