import { UserError } from '../../errors';
import { studentQuantile } from './studentT';

/** What several seeds of one recipe say together. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** The sample's standard deviation (divisor n − 1); null for a single value, which has no spread. */
  readonly deviation: number | null;
  /** The mean's confidence interval by Student's t; null for a single value. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** Mean, spread and confidence interval of at least one value. */
export function summary(values: readonly number[], confidence = 0.95): Summary {
  const count = values.length;
  if (count === 0) throw new UserError('A summary needs at least one value; none was given.');
  if (!values.every(Number.isFinite))
    throw new UserError(`A summary needs finite values; it was given ${values.join(', ')}.`);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { count, mean, deviation: null, interval: null };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const half = (studentQuantile((1 + confidence) / 2, count - 1) * deviation) / Math.sqrt(count);
  return { count, mean, deviation, interval: [mean - half, mean + half] };
}

/** A summary as a table prints it: `76.31 ± 0.24 (3 seeds)`, or `76.31 (1 seed)`. */
export function formatSummary({ count, mean, deviation }: Summary, decimals = 2): string {
  const spread = deviation === null ? '' : ` ± ${deviation.toFixed(decimals)}`;
  return `${mean.toFixed(decimals)}${spread} (${count} seed${count === 1 ? '' : 's'})`;
}
