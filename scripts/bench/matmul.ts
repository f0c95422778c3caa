import { linear } from '../../lib/tensor/ops/linear/linear';
import type { Precision } from '../../lib/tensor/engine/native';
import * as tf from '../../lib/tensor/engine/tf';
import { medianMilliseconds } from './times';

const size = 2048;

/** Lends a plain product of two 2048 × 2048 matrices; in bfloat16 it is the kernel's that linear layers use, which rounds the factors first. */
export function matmul<T>(use: (product: () => void) => T, precision: Precision = 'float32'): T {
  const a = tf.randomNormal<tf.Rank.R2>([size, size]);
  try {
    return use(() => (precision === 'float32' ? tf.matMul(a, a) : linear(a, a, { precision })).dispose());
  } finally {
    a.dispose();
  }
}

/** What the machine can do: GFLOP/s of that product. */
export function matmulGigaflops(precision: Precision): number {
  return (2 * size ** 3) / matmul((product) => medianMilliseconds(product, 5), precision) / 1e6;
}
