import type { SimilarityRecord } from '../records/similarityRecord';
import { groupBy } from '../statistics/groupBy';
import type { Contrast } from '../statistics/pairedDifferences';
import { meanOf } from '../statistics/summary';

/** A measured similarity of two networks, calibrated or not. */
export type MeasuredPair = Pick<SimilarityRecord, 'id' | 'a' | 'b' | 'dataset' | 'examples' | 'seed'>;

/**
 * For each family, the similarity of its own networks minus that with networks of other families. Of the measurements
 * on CIFAR-100, only those with the largest number of test images count.
 */
export function familySimilarity<Pair extends MeasuredPair>(
  similarities: readonly Pair[],
  value: (pair: Pair) => number,
): Contrast[] {
  const real = similarities.filter(({ a, b, dataset }) => a.network !== b.network && dataset === 'cifar-100');
  const maxExamples = Math.max(...real.map(({ examples }) => examples));
  const measured = real.filter(({ examples }) => examples === maxExamples);
  const families = groupBy(
    measured.filter(({ a, b }) => a.family === b.family),
    ({ a }) => a.family,
  );
  return [...families].map(([family, within]) => {
    const seeds = [...groupBy(within, ({ seed }) => String(seed)).values()];
    return {
      label: [...new Set(within.map(({ a, b }) => `${a.network} and ${b.network}`))].join(', '),
      differences: seeds.flatMap((same) => {
        const { seed } = same[0]!;
        const cross = measured.filter(
          ({ a, b, ...one }) =>
            one.seed === seed && a.family !== b.family && (a.family === family || b.family === family),
        );
        if (cross.length === 0) return [];
        const difference = meanOf(same.map(value)) - meanOf(cross.map(value));
        return [{ seed, value: difference, records: [...same, ...cross].map(({ id }) => id) }];
      }),
    };
  });
}
