import { cosines } from './exampleGram';
import type { Measure } from './measure';
import { checkNeighbours, nearestNeighbours } from './neighbours';

interface Neighbourhoods {
  readonly examples: number;
  /** Cosine similarities [examples, examples]. */
  readonly similarities: Float64Array;
  /** 1 where column j is among the k nearest neighbours of row i. */
  readonly near: Uint8Array;
  /** HSIC of the layer with itself within its own neighbourhoods. */
  readonly own: number;
}

/**
 * Centred kernel nearest-neighbour alignment (Huh et al. 2024): CKA by the unbiased HSIC, of cosine
 * similarities, with every pair of examples left out that are not among each other's k nearest neighbours in both
 * layers.
 *
 * About [0, 1]; the unbiased estimate may be below 0. Invariant to rotation and isotropic scaling. With k = n − 1
 * it is unbiased CKA of the unit-length features; with a small k it compares local structure, weighted by how close
 * neighbours are. As published it is not quite symmetric: the neighbour masks are not, and the order of the layers
 * changes the third digit.
 */
export function cknna(k = 10): Measure<Neighbourhoods> {
  return {
    name: `CKNNA (k = ${k})`,
    minExamples: 4,
    prepare: (gram) => {
      const { examples } = gram;
      checkNeighbours('CKNNA', k, examples);
      const similarities = cosines(gram);
      if (!similarities) return undefined;
      const near = new Uint8Array(examples * examples);
      const neighbours = nearestNeighbours(similarities, examples, k);
      neighbours.forEach((j, at) => (near[Math.floor(at / k) * examples + j] = 1));
      const layer = { examples, similarities, near, own: 0 };
      return { ...layer, own: maskedHsic(layer, layer) };
    },
    similarity: (a, b) => maskedHsic(a, b) / (Math.sqrt(a.own * b.own) + 1e-6),
    permuted: ({ examples, similarities, near, own }, order) => ({
      examples,
      similarities: similarities.map(
        (_, at) => similarities[order[Math.floor(at / examples)]! * examples + order[at % examples]!]!,
      ),
      near: near.map((_, at) => near[order[Math.floor(at / examples)]! * examples + order[at % examples]!]!),
      own,
    }),
  };
}

/**
 * The unbiased HSIC (Song et al. 2012, equation 5) of both layers' similarities where both masks are 1. The masked
 * matrices are not symmetric, and the diagonal is never a neighbour.
 */
function maskedHsic(a: Omit<Neighbourhoods, 'own'>, b: Omit<Neighbourhoods, 'own'>): number {
  const n = a.examples;
  const columnsA = new Float64Array(n);
  const rowsB = new Float64Array(n);
  let [product, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      if (!a.near[at] || !b.near[at]) continue;
      const [valueA, valueB] = [a.similarities[at]!, b.similarities[at]!];
      const across = j * n + i;
      // The transposed entry counts where it is masked in as well.
      if (a.near[across] && b.near[across]) product += valueA * b.similarities[across]!;
      columnsA[j] += valueA;
      rowsB[i] += valueB;
      sumA += valueA;
      sumB += valueB;
    }
  }
  let chained = 0;
  for (let i = 0; i < n; i++) chained += columnsA[i]! * rowsB[i]!;
  return (product + (sumA * sumB) / ((n - 1) * (n - 2)) - (2 * chained) / (n - 2)) / (n * (n - 3));
}
