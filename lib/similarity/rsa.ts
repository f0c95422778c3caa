import type { ExampleGram } from './exampleGram';
import { innerProduct, unitVector, type KernelVector } from './kernelVector';
import type { Measure } from './measure';
import { dot } from './triangle';

/**
 * Representational similarity analysis (Kriegeskorte et al. 2008): Spearman's correlation of the two layers'
 * dissimilarities 1 − r_ij, where r is Pearson's correlation of two examples' features.
 *
 * Range [−1, 1]. Invariant to any monotone change of the dissimilarities, and per example to scaling and shifts
 * by a constant; not to linear maps. Ranks give each pair the same weight, so that an outlier counts little and
 * many near ties count much.
 */
export const rsa: Measure<KernelVector> = {
  name: 'RSA',
  minExamples: 3,
  prepare: (gram) => {
    const dissimilarities = correlationDistances(gram);
    const ranks = dissimilarities && centredRanks(dissimilarities);
    return ranks && unitVector(ranks, gram.examples);
  },
  ...innerProduct,
};

/**
 * 1 − Pearson's correlation of all pairs of examples, as an upper triangle; undefined where an example has
 * constant features.
 */
function correlationDistances({ examples: n, width, values, means }: ExampleGram): Float64Array | undefined {
  const covariance = (i: number, j: number): number => values[i * n + j]! - width * means[i]! * means[j]!;
  const variances = Float64Array.from({ length: n }, (_, i) => covariance(i, i));
  if (variances.some((variance, i) => variance <= 1e-12 * values[i * n + i]!)) return undefined;
  const distances = new Float64Array((n * (n - 1)) / 2);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) distances[at++] = 1 - covariance(i, j) / Math.sqrt(variances[i]! * variances[j]!);
  }
  return distances;
}

/** Ranks minus their mean, equal values sharing their mean rank; undefined where all values are equal. */
function centredRanks(values: Float64Array): Float64Array | undefined {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end - 1) / 2 - (values.length - 1) / 2;
    start = end;
  }
  return dot(ranks, ranks) === 0 ? undefined : ranks;
}
