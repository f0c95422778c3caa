import * as tf from '../tensor/engine/tf';
import { checkSameShape } from './check';

/**
 * ℓ = mean over classes of − p · log σ(z) − (1 − p) · log σ(−z), each class a question of its own.
 * Logits z and targets p in [0, 1], both [batch, classes]; returns [batch].
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  checkSameShape(logits, targets, 'Binary cross entropy', 'logits and targets');
  // Both terms are positive, so nothing cancels at large logits.
  return tf.tidy(() =>
    tf.mean<tf.Tensor1D>(
      tf.add(tf.mul(targets, tf.softplus(tf.neg(logits))), tf.mul(tf.sub(1, targets), tf.softplus(logits))),
      1,
    ),
  );
}
