import * as tf from '../../engine/tf';

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * Adam's moments after a gradient and, with their bias corrected, their direction (Kingma and Ba 2015, algorithm 1).
 */
export function adamMoments(
  inputs: { readonly grad: tf.Tensor; readonly mean: tf.Tensor; readonly square: tf.Tensor; readonly step: number },
  { beta1, beta2, epsilon }: AdamOptions,
): Record<'mean' | 'square' | 'direction', tf.Tensor> {
  const { grad, step } = inputs;
  const mean = tf.add(tf.mul(inputs.mean, beta1), tf.mul(grad, 1 - beta1));
  const square = tf.add(tf.mul(inputs.square, beta2), tf.mul(tf.square(grad), 1 - beta2));
  const root = tf.add(tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** step)), epsilon);
  return { mean, square, direction: tf.div(tf.div(mean, 1 - beta1 ** step), root) };
}
