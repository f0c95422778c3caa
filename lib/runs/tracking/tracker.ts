import type { EpochRecord } from '../../results/records/record';
import type { StepEvent } from '../../training/event';

/** How this process ended a run. */
export type Ending = 'finished' | 'failed' | 'stopped';

/**
 * Shows a run in another program while it trains. `updates` counts the updates of the weights since the run started.
 */
export interface Tracker {
  readonly name: string;
  step?(event: StepEvent, updates: number): void;
  /** Training does not wait for the promise. */
  epoch(record: EpochRecord, updates: number): void | Promise<void>;
  end(ending: Ending): void | Promise<void>;
}

/** The metrics of an epoch by tags that dashboards can group: `loss`, `loss/branch1`, `top1`, … */
export function scalarsOf({
  parts,
  teacherCached: _,
  ...metrics
}: EpochRecord): (readonly [tag: string, value: number])[] {
  const lossParts = Object.entries(parts).map(([name, value]) => [`loss/${name}`, value] as const);
  return [...Object.entries(metrics), ...lossParts];
}
