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
  inputs: Record<'grad' | 'mean' | 'square', tf.Tensor> & { readonly biasCorrections: readonly tf.Scalar[] },
  { beta1, beta2, epsilon }: AdamOptions,
): Record<'mean' | 'square' | 'direction', tf.Tensor> {
  const { grad, biasCorrections } = inputs;
  const [ofMean, ofSquare] = [biasCorrections[0]!, biasCorrections[1]!];
  const mean = tf.add(tf.mul(inputs.mean, beta1), tf.mul(grad, 1 - beta1));
  const square = tf.add(tf.mul(inputs.square, beta2), tf.mul(tf.square(grad), 1 - beta2));
  const root = tf.add(tf.div(tf.sqrt(square), tf.sqrt(ofSquare)), epsilon);
  return { mean, square, direction: tf.div(tf.div(mean, ofMean), root) };
}

/** 1 − β₁ᵗ and 1 − β₂ᵗ at step t, counted from 1. */
export function adamBiasCorrections(beta1: number, beta2: number, step: number): tf.Scalar[] {
  return [tf.scalar(1 - beta1 ** step), tf.scalar(1 - beta2 ** step)];
}
