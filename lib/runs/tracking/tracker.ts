import type { EpochRecord } from '../../results/records/record';
import type { StepEvent } from '../../training/event';

/** How a run has ended. */
export type Ending = 'finished' | 'failed' | 'stopped';

/** Shows a run elsewhere while it goes on. `updates`: of the weights, since the run began. */
export interface Tracker {
  readonly name: string;
  step?(event: StepEvent, updates: number): void;
  /** May go on when training does: nobody waits for it before the end. */
  epoch(record: EpochRecord, updates: number): void | Promise<void>;
  end(ending: Ending): void | Promise<void>;
}

/** What an epoch measured, by tags that group in a dashboard: `loss`, `loss/branch1`, `top1`, … */
export function scalarsOf({
  parts,
  teacherCached: _,
  ...measured
}: EpochRecord): (readonly [tag: string, value: number])[] {
  return [
    ...Object.entries(measured),
    ...Object.entries(parts).map(([name, value]) => [`loss/${name}`, value] as const),
  ];
}
