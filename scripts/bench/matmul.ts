import { linear } from '../../lib/tensor/linear';
import type { Precision } from '../../lib/tensor/native';
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

/** What the machine can do: GFLOP/s of such a product, in bfloat16 by the kernel that linear layers use, which rounds the factors first. */
export function matmulGigaflops(precision: Precision): number {
  if (precision === 'float32') return gigaflops(matmul((product) => medianMilliseconds(product, 5)));
  const a = tf.randomNormal<tf.Rank.R2>([size, size]);
  try {
    return gigaflops(medianMilliseconds(() => linear(a, a, { precision }).dispose(), 5));
  } finally {
    a.dispose();
  }
}

function gigaflops(milliseconds: number): number {
  return (2 * size ** 3) / milliseconds / 1e6;
}
