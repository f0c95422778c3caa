import { cosines } from './exampleGram';
import type { Measure } from './measure';
import { checkNeighbours, nearestNeighbours } from './neighbours';
import type { Order } from '../tensor/ops/permutedProducts/permutedPositions';

interface Neighbours {
  readonly examples: number;
  /** [examples · k] */
  readonly neighbours: Int32Array;
}

/**
 * Mutual k-nearest-neighbour overlap (Huh et al. 2024, The Platonic Representation Hypothesis, appendix A): the
 * mean share of an example's k nearest neighbours, by cosine similarity, that both layers have in common.
 *
 * Range [0, 1]; independent layers have k / (n − 1) on average. Invariant to rotation and isotropic scaling of
 * either layer, not to translation. Compares local structure alone: two layers may agree on neighbourhoods and
 * differ in every large distance.
 */
export function mutualKnn(k = 10): Measure<Neighbours> {
  return {
    name: `Mutual kNN (k = ${k})`,
    minExamples: 2,
    prepare: (gram) => {
      checkNeighbours('Mutual kNN', k, gram.examples);
      const similarities = cosines(gram);
      if (!similarities) return undefined;
      return { examples: gram.examples, neighbours: nearestNeighbours(similarities, gram.examples, k) };
    },
    similarity: (a, b) => shared(a, b, k) / (a.examples * k),
    permuted: ({ examples, neighbours }, order) => {
      const place = inverse(order, examples);
      const result = new Int32Array(neighbours.length);
      for (let i = 0; i < examples; i++) {
        for (let r = 0; r < k; r++) result[i * k + r] = place[neighbours[order[i]! * k + r]!]!;
      }
      return { examples, neighbours: result };
    },
  };
}

function shared({ examples, neighbours }: Neighbours, other: Neighbours, k: number): number {
  const marked = new Int32Array(examples).fill(-1);
  let count = 0;
  for (let i = 0; i < examples; i++) {
    for (let r = i * k; r < (i + 1) * k; r++) marked[neighbours[r]!] = i;
    for (let r = i * k; r < (i + 1) * k; r++) if (marked[other.neighbours[r]!] === i) count++;
  }
  return count;
}

function inverse(order: Order, n: number): Int32Array {
  const places = new Int32Array(n);
  for (let i = 0; i < n; i++) places[order[i]!] = i;
  return places;
}
