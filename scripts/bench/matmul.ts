import * as tf from '../../lib/tensor/tf';
import { medianMilliseconds } from './median';

const size = 2048;

/** Lends a plain product of two 2048 × 2048 matrices. */
export function matmul<T>(use: (product: () => void) => T): T {
  const a = tf.randomNormal<tf.Rank.R2>([size, size]);
  try {
    return use(() => tf.matMul(a, a).dispose());
  } finally {
    a.dispose();
  }
}

/** What the machine can do: GFLOP/s of that product. */
export function matmulGigaflops(): number {
  return (2 * size ** 3) / matmul((product) => medianMilliseconds(product, 5)) / 1e6;
}
