import * as tf from '../engine/tf';

/** The largest absolute difference between two tensors of shapes that broadcast; NaN where either holds one. */
export function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  const differences = tf.tidy(() => tf.abs(tf.sub(a, b)).dataSync<'float32'>());
  return differences.reduce((largest, difference) => Math.max(largest, difference), 0);
}
