import { permutedPositions, type Order } from '../tensor/ops/permutedProducts/permutedPositions';
import { centred } from './exampleGram';
import type { Measure } from './measure';
import { permutedProducts } from './permutedProducts';
import { diagonal, dot, upperTriangle } from './triangle';

/**
 * A symmetric matrix [examples, examples] of unit norm as a vector, so that inner products of matrices are those of
 * vectors: the entries above the diagonal times √2, then those of the diagonal unless all of these are 0.
 */
export interface KernelVector {
  readonly examples: number;
  readonly values: Float64Array;
}

/** The similarity of measures that are an inner product of matrices: CKA by any kernel, and RSA. */
export const innerProduct: Pick<Measure<KernelVector>, 'similarity' | 'permuted' | 'permutedSimilarities'> = {
  similarity: (a, b) => dot(a.values, b.values),
  permuted: ({ examples, values }, order: Order) => {
    const positions = permutedPositions(order, examples, values.length);
    return { examples, values: values.map((_, at) => values[positions[at]!]!) };
  },
  permutedSimilarities: (rows, columns, orders) =>
    permutedProducts(
      rows.map(({ values }) => values),
      columns.map(({ values }) => values),
      orders,
    ),
};

/** Scales a vector to unit norm. */
export function unitVector(values: Float64Array, examples: number): KernelVector {
  const norm = Math.sqrt(dot(values, values));
  return { examples, values: values.map((value) => value / norm) };
}

/**
 * Centres a kernel matrix, for the biased alignment ⟨HKH, HLH⟩ / (‖HKH‖ ‖HLH‖) of Cortes et al. (2012, definition 4):
 * linear and RBF CKA differ in the kernel alone. Undefined if nothing is left, as for constant features.
 */
export function centredKernel(kernel: ArrayLike<number>, examples: number): KernelVector | undefined {
  const values = centred(kernel, examples);
  if (!values) return undefined;
  const above = upperTriangle(values, examples).map((value) => value * Math.SQRT2);
  const vector = new Float64Array(above.length + examples);
  vector.set(above);
  vector.set(diagonal(values, examples), above.length);
  return unitVector(vector, examples);
}
