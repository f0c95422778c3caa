import * as tf from '../tensor/engine/tf';
import { checkSameShape } from './check';

/**
 * Binary cross entropy with one independent yes-or-no target per class:
 * ℓ = mean over classes of − p · log σ(z) − (1 − p) · log σ(−z).
 *
 * Logits z and targets p in [0, 1], both [batch, classes]. Returns [batch]. Throws a UserError if the shapes differ.
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  checkSameShape(logits, targets, 'Binary cross entropy', 'logits and targets');
  return tf.tidy(() => {
    // − log σ(z) = softplus(−z). Both terms are non-negative, so no digits cancel at large logits.
    const positive = tf.mul(targets, tf.softplus(tf.neg(logits)));
    const negative = tf.mul(tf.sub(1, targets), tf.softplus(logits));
    return tf.mean<tf.Tensor1D>(tf.add(positive, negative), 1);
  });
}
