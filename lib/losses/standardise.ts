import * as tf from '../tensor/engine/tf';

/**
 * Logits with zero mean and unit standard deviation per example: (z − mean) / (1e-7 + std), std unbiased (Sun et al.,
 * Logit Standardization in Knowledge Distillation, CVPR 2024, arXiv 2403.01427). A loss of standardised logits matches
 * how the teacher ranks the classes, not the magnitude of its logits. Logits [batch, classes], at least two classes;
 * returns the same shape.
 */
export function standardiseLogits(logits: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const centred = tf.sub<tf.Tensor2D>(logits, tf.mean(logits, 1, true));
    const variance = tf.div(tf.sum(tf.square(centred), 1, true), logits.shape[1] - 1);
    // The square root has no gradient at 0, where all logits of an example are equal.
    return tf.div(centred, tf.add(tf.sqrt(tf.maximum(variance, 1e-30)), 1e-7));
  });
}
