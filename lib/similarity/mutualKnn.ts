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
    similarity: (a, b) => sharedWith(neighbourBits(a, k), b) / (a.examples * k),
    permuted,
    permutedSimilarities: (rows, columns, orders) => {
      const masks = rows.map((row) => neighbourBits(row, k));
      return orders.map((order) => {
        const others = columns.map((column) => permuted(column, order));
        return masks.map((mask) => others.map((other) => sharedWith(mask, other) / (other.examples * k)));
      });
    },
  };
}

/** The neighbours of examples in another order. */
function permuted({ examples, neighbours }: Neighbours, order: Order): Neighbours {
  const k = neighbours.length / examples;
  const place = inverse(order, examples);
  const result = new Int32Array(neighbours.length);
  for (let i = 0; i < examples; i++) {
    for (let r = 0; r < k; r++) result[i * k + r] = place[neighbours[order[i]! * k + r]!]!;
  }
  return { examples, neighbours: result };
}

/** Bit j of row i is set if j is a neighbour of i. Rows begin with a word of 32 bits. */
function neighbourBits({ examples, neighbours }: Neighbours, k: number): Uint32Array {
  const words = Math.ceil(examples / 32);
  const bits = new Uint32Array(examples * words);
  neighbours.forEach((j, at) => (bits[Math.floor(at / k) * words + (j >>> 5)] |= 1 << (j & 31)));
  return bits;
}

/** How many neighbours are those of the bits, summed over examples. */
function sharedWith(bits: Uint32Array, { examples, neighbours }: Neighbours): number {
  const [words, k] = [bits.length / examples, neighbours.length / examples];
  let count = 0;
  for (let i = 0; i < examples; i++) {
    for (let r = i * k; r < (i + 1) * k; r++) {
      const j = neighbours[r]!;
      count += (bits[i * words + (j >>> 5)]! >>> (j & 31)) & 1;
    }
  }
  return count;
}

function inverse(order: Order, n: number): Int32Array {
  const places = new Int32Array(n);
  for (let i = 0; i < n; i++) places[order[i]!] = i;
  return places;
}
