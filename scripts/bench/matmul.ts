import * as tf from '../../lib/tensor/tf';
import { medianMilliseconds } from './median';

/** What the machine can do: GFLOP/s of a plain 2048 × 2048 matrix product. */
export function matmulGigaflops(): number {
  const size = 2048;
  const a = tf.randomNormal<tf.Rank.R2>([size, size]);
  const milliseconds = medianMilliseconds(() => tf.matMul(a, a).dispose(), 5);
  a.dispose();
  return (2 * size ** 3) / milliseconds / 1e6;
}
