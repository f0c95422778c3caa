import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';
import { checkLabels, targetMask, type Labels } from './labels';

export interface DkdOptions {
  /** Weight of TCKD: the target class against all others together. */
  readonly alpha: number;
  /** Weight of NCKD: the distribution among the other classes. */
  readonly beta: number;
  readonly temperature: number;
}

/**
 * DKD (Zhao et al. 2022, arXiv 2203.08679, equation 7): ℓ = T² · (α · KL(b_t ‖ b_s) + β · KL(q_t ‖ q_s)), with
 * p = softmax(z / T), b = (p_y, 1 − p_y) for the target class y, and q the softmax over the classes other than y.
 *
 * Logits z [batch, classes]; labels [batch], or soft [batch, classes]. Returns [batch].
 * Throws a UserError if shapes do not match or the temperature is not positive.
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
    const target = tf.add(divergenceTerms(t.logTarget, s.logTarget), divergenceTerms(t.logRest, s.logRest));
    const others = tf.sum<tf.Tensor1D>(divergenceTerms(t.logOthers, s.logOthers), 1);
    return tf.mul(tf.add(tf.mul(target, alpha), tf.mul(others, beta)), temperature ** 2);
  });
}

/** The two distributions into which a softmax is decoupled, as logarithms. */
interface Split {
  /** log p_y: [batch] */
  readonly logTarget: tf.Tensor1D;
  /** log (1 − p_y): [batch] */
  readonly logRest: tf.Tensor1D;
  /** log q: [batch, classes]. The entry of the target class is about −1e30, so its probability is 0. */
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

/** The terms of KL(p ‖ q), one per element: p · (log p − log q). */
function divergenceTerms<T extends tf.Tensor>(logP: T, logQ: T): T {
  return tf.mul(tf.exp(logP), tf.sub(logP, logQ));
}
