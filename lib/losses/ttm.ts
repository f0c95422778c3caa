import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';

export interface TtmOptions {
  /** Power of the teacher's probabilities; the inverse of a temperature that the student does not have. */
  readonly exponent: number;
}

/**
 * TTM, transformed teacher matching: ℓ = KL(q ‖ p_s), q_c = p_t,c^γ / Σ_k p_t,k^γ, p = softmax(z) (Zheng and Yang, ICLR
 * 2024, arXiv 2402.11148). It is KD without the student's temperature, which adds a Rényi entropy term to KD. Logits
 * [batch, classes]; returns [batch].
 */
export function ttmLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, { exponent }: TtmOptions): tf.Tensor1D {
  checkSameShape(student, teacher, 'TTM');
  checkPositive(exponent, 'TTM', 'exponent');
  return tf.tidy(() => {
    // p^γ / Σ p^γ is the softmax of γ z.
    const logQ = tf.logSoftmax(tf.mul<tf.Tensor2D>(teacher, exponent));
    return tf.sum<tf.Tensor1D>(tf.mul(tf.exp(logQ), tf.sub(logQ, tf.logSoftmax(student))), 1);
  });
}
