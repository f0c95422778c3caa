import { UserError } from '../../errors';
import { studentQuantile } from './studentT';

/** Mean, standard deviation and confidence interval of a sample, usually of one value per seed. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation (divisor n − 1); null for a single value. */
  readonly std: number | null;
  /** Confidence interval of the mean by Student's t; null for a single value. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** Summarises a sample. Throws a UserError if it is empty or holds a value that is not finite. */
export function summary(values: readonly number[], confidence = 0.95): Summary {
  const count = values.length;
  if (count === 0) throw new UserError('Cannot summarise an empty list of values; pass at least one value.');
  if (!values.every(Number.isFinite))
    throw new UserError(`Cannot summarise values that are not finite: ${values.join(', ')}.`);
  const mean = meanOf(values);
  if (count === 1) return { count, mean, std: null, interval: null };
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const halfWidth = (studentQuantile((1 + confidence) / 2, count - 1) * std) / Math.sqrt(count);
  return { count, mean, std, interval: [mean - halfWidth, mean + halfWidth] };
}

/** Arithmetic mean; NaN for an empty list. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean and standard deviation as tables print them: `76.31 ± 0.24`, or `76.31` for a single value. */
export function meanText({ mean, std }: Summary, decimals = 2): string {
  return mean.toFixed(decimals) + (std === null ? '' : ` ± ${std.toFixed(decimals)}`);
}

/** A count with its noun: `1 seed`, `3 seeds`. */
export function seedsText(count: number): string {
  return `${count} seed${count === 1 ? '' : 's'}`;
}
