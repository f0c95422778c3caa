import { centred } from './exampleGram';
import type { Measure, Order } from './measure';
import { dot, permutedTriangle, upperTriangle } from './triangle';

/** A centred kernel matrix [n, n] of unit Frobenius norm. */
export interface Alignment {
  readonly triangle: Float64Array;
  readonly diagonal: Float64Array;
}

/**
 * The biased centred kernel alignment ⟨HKH, HLH⟩ / (‖HKH‖ ‖HLH‖) of Cortes et al. (2012, definition 4)
 * for kernel matrices [n, n]: linear and RBF CKA differ in the kernel alone.
 */
export const alignment: Pick<Measure<Alignment>, 'similarity' | 'permuted'> = {
  similarity: (a, b) => 2 * dot(a.triangle, b.triangle) + dot(a.diagonal, b.diagonal),
  permuted: ({ triangle, diagonal }, order: Order) => ({
    triangle: permutedTriangle(triangle, order, diagonal.length),
    diagonal: diagonal.map((_, i) => diagonal[order[i]!]!),
  }),
};

/** Centres a kernel matrix and scales it to unit norm; undefined where nothing is left, as for constant features. */
export function aligned(kernel: ArrayLike<number>, examples: number): Alignment | undefined {
  const values = centred(kernel, examples);
  if (!values) return undefined;
  const triangle = upperTriangle(values, examples);
  const diagonal = Float64Array.from({ length: examples }, (_, i) => values[i * examples + i]!);
  const norm = Math.sqrt(2 * dot(triangle, triangle) + dot(diagonal, diagonal));
  return { triangle: triangle.map((value) => value / norm), diagonal: diagonal.map((value) => value / norm) };
}
