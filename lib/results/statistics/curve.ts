import { UserError } from '../../errors';
import type { EpochRecord, RunRecord } from '../records/record';
import { summary } from './summary';

/** A quantity recorded for each epoch. */
export type EpochMeasure = 'top1' | 'top5' | 'loss' | 'learningRate' | 'imagesPerSecond';

/** A quantity over epochs: mean and standard deviation over several runs. */
export interface Curve {
  readonly epochs: readonly number[];
  readonly mean: readonly number[];
  /** Null at epochs for which a single run has the quantity. */
  readonly std: readonly (number | null)[];
  readonly runs: number;
}

/**
 * Averages a quantity over runs that differ in their seed. Epochs for which no run has it are left out.
 * Throws a UserError if no run is given.
 */
export function curve(records: readonly RunRecord[], measure: EpochMeasure): Curve {
  if (records.length === 0) throw new UserError(`Cannot draw a curve of ${measure} without runs; pass at least one.`);
  const values = new Map<number, number[]>();
  for (const epoch of records.flatMap((record): readonly EpochRecord[] => record.history)) {
    const value = epoch[measure];
    if (value !== undefined) values.set(epoch.epoch, [...(values.get(epoch.epoch) ?? []), value]);
  }
  const points = [...values].sort(([a], [b]) => a - b).map(([epoch, list]) => ({ epoch, ...summary(list) }));
  return {
    epochs: points.map(({ epoch }) => epoch),
    mean: points.map(({ mean }) => mean),
    std: points.map(({ std }) => std),
    runs: records.length,
  };
}
