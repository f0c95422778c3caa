import { UserError } from '../../errors';
import type { EpochRecord, RunRecord } from '../records/record';
import { summary } from './summary';

/** A measure of an epoch that can be drawn over training. */
export type EpochMeasure = 'top1' | 'top5' | 'loss' | 'learningRate' | 'imagesPerSecond';

/** The mean of several runs over epochs, with the standard deviation where more than one run was measured. */
export interface Curve {
  readonly epochs: readonly number[];
  readonly mean: readonly number[];
  readonly deviation: readonly (number | null)[];
  readonly runs: number;
}

/** The curve of a measure over runs that differ by their seed; an epoch without the measure in any run is left out. */
export function curve(records: readonly RunRecord[], measure: EpochMeasure): Curve {
  if (records.length === 0) throw new UserError(`The curve of ${measure} needs at least one run; none was given.`);
  const values = new Map<number, number[]>();
  for (const epoch of records.flatMap((record): readonly EpochRecord[] => record.history)) {
    const value = epoch[measure];
    if (value !== undefined) values.set(epoch.epoch, [...(values.get(epoch.epoch) ?? []), value]);
  }
  const points = [...values].sort(([a], [b]) => a - b).map(([epoch, list]) => ({ epoch, ...summary(list) }));
  return {
    epochs: points.map(({ epoch }) => epoch),
    mean: points.map(({ mean }) => mean),
    deviation: points.map(({ deviation }) => deviation),
    runs: records.length,
  };
}
