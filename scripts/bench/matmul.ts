import { linear } from '../../lib/tensor/ops/linear/linear';
import type { Precision } from '../../lib/tensor/engine/execute';
import * as tf from '../../lib/tensor/engine/tf';
import { medianMilliseconds } from './times';

const size = 2048;

/**
 * Calls `use` with a function that multiplies two 2048 × 2048 matrices.
 * In bfloat16 it uses the kernel of linear layers, which converts the factors first.
 */
export function matmul<T>(use: (product: () => void) => T, precision: Precision = 'float32'): T {
  const a = tf.randomNormal<tf.Rank.R2>([size, size]);
  try {
    return use(() => (precision === 'float32' ? tf.matMul(a, a) : linear(a, a, { precision })).dispose());
  } finally {
    a.dispose();
  }
}

/** Returns the GFLOP/s of that product, as the peak of the machine. */
export function matmulGigaflops(precision: Precision): number {
  return (2 * size ** 3) / matmul((product) => medianMilliseconds(product, 5), precision) / 1e6;
}
