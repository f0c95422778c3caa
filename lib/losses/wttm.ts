import * as tf from '../tensor/engine/tf';
import { ttmLoss, type TtmOptions } from './ttm';

/**
 * WTTM, weighted TTM: each example's TTM loss times Σ_k p_t,k^γ (Zheng and Yang, ICLR 2024). For γ
 * < 1 the weight grows with the entropy of the teacher's prediction. Up to a term of the teacher alone, the loss is
 * − Σ_c p_t,c^γ log p_s,c: the cross entropy with the same powers that the released form of the OFA loss puts
 * on the classes other than the target. Logits [batch, classes]; returns [batch].
 */
export function wttmLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, options: TtmOptions): tf.Tensor1D {
  return tf.tidy(() => tf.mul(ttmLoss(student, teacher, options), powerSum(teacher, options.exponent)));
}

/**
 * Σ_k p_k^γ of p = softmax(logits) [batch, classes]; returns [batch], from 1 at γ = 1 to the number of classes
 * at γ = 0.
 */
export function powerSum(logits: tf.Tensor2D, exponent: number): tf.Tensor1D {
  return tf.tidy(() => tf.exp(tf.logSumExp<tf.Tensor1D>(tf.mul(tf.logSoftmax(logits), exponent), 1)));
}
