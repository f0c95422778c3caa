import type { RunRecord } from '../records/record';
import { groupBy } from './groupBy';
import { meanOf } from './summary';

/** Two sides compared seed by seed, so that whatever both runs of a seed share cancels out. */
export interface Contrast {
  /** What is compared, for instance `resnet_24 → vit_64, kd`. */
  readonly label: string;
  readonly differences: readonly Difference[];
}

/** The difference for one seed, in points of top-1 accuracy unless stated otherwise. */
export interface Difference {
  readonly seed: number;
  readonly value: number;
  /** Ids of the records that it is computed from. */
  readonly records: readonly string[];
}

/** Top-1 of `a` minus top-1 of `b` for each seed that both have. Several runs of one seed and side are averaged. */
export function contrast(a: readonly RunRecord[], b: readonly RunRecord[], label = ''): Contrast {
  const [left, right] = [a, b].map((side) => groupBy(side, ({ seed }) => String(seed)));
  const seeds = [...left!.keys()].filter((seed) => right!.has(seed)).sort((x, y) => Number(x) - Number(y));
  const differences = seeds.map((seed) => {
    const [ours, others] = [left!.get(seed)!, right!.get(seed)!];
    const value = meanOf(ours.map(({ top1 }) => top1)) - meanOf(others.map(({ top1 }) => top1));
    return { seed: Number(seed), value, records: [...ours, ...others].map(({ id }) => id) };
  });
  return { label, differences };
}

/**
 * The mean of several contrasts, seed by seed, over the seeds that all of them have: the variation that remains is that
 * of the seed, not of the choice of pairs. Contrasts without differences are ignored.
 */
export function meanContrast(contrasts: readonly Contrast[], label = ''): Contrast {
  const recorded = contrasts.filter(({ differences }) => differences.length > 0);
  const seeds = (recorded[0]?.differences ?? []).map(({ seed }) => seed);
  const differences = seeds.flatMap((seed) => {
    const found = recorded.flatMap((one) => one.differences.filter((difference) => difference.seed === seed));
    if (found.length < recorded.length) return [];
    const records = [...new Set(found.flatMap((difference) => difference.records))];
    return [{ seed, value: meanOf(found.map(({ value }) => value)), records }];
  });
  return { label, differences };
}
