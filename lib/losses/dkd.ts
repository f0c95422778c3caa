import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';
import { checkLabels, targetMask, type Labels } from './labels';

export interface DkdOptions {
  /** Weight of the target class against all others together (TCKD). */
  readonly alpha: number;
  /** Weight of the distribution among the others (NCKD). */
  readonly beta: number;
  readonly temperature: number;
}

/**
 * DKD (Zhao et al. 2022, equation 7): ℓ = T² · (α · KL(b_t ‖ b_s) + β · KL(q_t ‖ q_s)), with b = (p_y, 1 − p_y) and
 * q the softmax over the classes other than y. Logits [batch, classes], labels [batch] or soft; returns [batch].
 */
export function dkdLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  labels: Labels,
  { alpha, beta, temperature }: DkdOptions,
): tf.Tensor1D {
  checkSameShape(student, teacher, 'DKD');
  checkLabels(labels, student, 'DKD');
  checkPositive(temperature, 'DKD', 'temperature');
  return tf.tidy(() => {
    const mask = targetMask(labels, student.shape[1]);
    const s = split(tf.div(student, temperature), mask);
    const t = split(tf.div(teacher, temperature), mask);
    const target = tf.add(divergence(t.logTarget, s.logTarget), divergence(t.logRest, s.logRest));
    const others = tf.sum<tf.Tensor1D>(divergence(t.logOthers, s.logOthers), 1);
    return tf.mul(tf.add(tf.mul(target, alpha), tf.mul(others, beta)), temperature ** 2);
  });
}

interface Split {
  /** log p_y [batch] */
  readonly logTarget: tf.Tensor1D;
  /** log (1 − p_y) [batch] */
  readonly logRest: tf.Tensor1D;
  /** log softmax over the other classes [batch, classes]; the target's place holds a hugely negative number. */
  readonly logOthers: tf.Tensor2D;
}

function split(logits: tf.Tensor2D, mask: tf.Tensor2D): Split {
  const target = tf.sum<tf.Tensor1D>(tf.mul(logits, mask), 1);
  const others = tf.where<tf.Tensor2D>(tf.cast(mask, 'bool'), tf.fill(logits.shape, -1e30), logits);
  const rest = tf.logSumExp<tf.Tensor1D>(others, 1);
  const margin = tf.sub<tf.Tensor1D>(rest, target);
  return {
    logTarget: tf.neg(tf.softplus(margin)),
    logRest: tf.neg(tf.softplus(tf.neg(margin))),
    logOthers: tf.logSoftmax(others),
  };
}

/** p · (log p − log q), elementwise. */
function divergence<T extends tf.Tensor>(logP: T, logQ: T): T {
  return tf.mul(tf.exp(logP), tf.sub(logP, logQ));
}
