import { UserError } from '../../errors';
import type { ChartLine } from '../../results/chartLine';
import type { Figure, Value } from './figure';
import { lines } from './lines';

/** One line: the similarity at each layer, for every sample of images or seed. */
export interface DepthSeries {
  readonly name: string;
  /** One list per sample, each with a value per layer; null where the similarity is undefined. */
  readonly samples: readonly (readonly Value[])[];
}

export interface DepthOptions {
  readonly title: string;
  /** Name of the similarity measure. Default: CKA. */
  readonly measure?: string;
}

/**
 * Similarity over relative depth, from 0 at the first layer to 1 at the last: the middle of the range over samples as a
 * line, the range as a band. Throws a UserError for a series without samples, or with samples of different lengths.
 */
export function depthLines(series: readonly DepthSeries[], { title, measure = 'CKA' }: DepthOptions): Figure {
  return lines(series.map(depthLine), { title, x: 'relative depth', y: measure, xRange: [-0.02, 1.02] });
}

function depthLine({ name, samples }: DepthSeries): ChartLine {
  const layers = samples[0]?.length ?? 0;
  if (layers === 0 || samples.some((sample) => sample.length !== layers))
    throw new UserError(
      `Line "${name}" needs at least one sample, and a value of every sample for each layer; ` +
        `the samples have ${samples.map((sample) => sample.length).join(', ') || 'no'} values.`,
    );
  const ranges = Array.from({ length: layers }, (_, layer) => range(samples.map((sample) => sample[layer] ?? null)));
  return {
    name,
    x: ranges.map((_, layer) => (layers === 1 ? 0 : layer / (layers - 1))),
    y: ranges.map((one) => one && (one.low + one.high) / 2),
    ...(samples.length > 1 && { yError: ranges.map((one) => one && (one.high - one.low) / 2) }),
  };
}

function range(values: readonly Value[]): { readonly low: number; readonly high: number } | null {
  const defined = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return defined.length === 0 ? null : { low: Math.min(...defined), high: Math.max(...defined) };
}
