import * as tf from '../engine/tf';

/** The largest absolute difference between two tensors whose shapes broadcast; NaN if either contains NaN. */
export function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  const differences = tf.tidy(() => tf.abs(tf.sub(a, b)).dataSync<'float32'>());
  return differences.reduce((largest, difference) => Math.max(largest, difference), 0);
}
