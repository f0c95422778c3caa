import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';
import { checkLabels, targetMask, type Labels } from './labels';

export interface RldOptions {
  /** Weight of the student's confidence in the target class (SCD). */
  readonly alpha: number;
  /** Weight of the distribution among the classes that the teacher ranks below the target class (MCD). */
  readonly beta: number;
  /** Temperature of the masked distributions. */
  readonly temperature: number;
  /** Temperature of the confidences; 1 in the paper. */
  readonly alphaTemperature?: number;
}

/**
 * RLD, refined logit distillation (Sun et al., ICCV 2025): ℓ = α · τ² · KL(b_t ‖ b_s) +
 * β · T² · KL(m_t ‖ m_s). b_t = (max p_t, 1 − max p_t) is the teacher's confidence in its own prediction,
 * b_s = (p_s,y, 1 − p_s,y) the student's in the target class; m are softmaxes over the classes whose teacher
 * logit lies below that of the target class, so that a wrong teacher's ranking is not learnt where it contradicts
 * the label. Logits [batch, classes], labels [batch] or soft; returns [batch].
 */
export function rldLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  labels: Labels,
  { alpha, beta, temperature, alphaTemperature = 1 }: RldOptions,
): tf.Tensor1D {
  checkSameShape(student, teacher, 'RLD');
  checkLabels(labels, student, 'RLD');
  checkPositive(temperature, 'RLD', 'temperature');
  checkPositive(alphaTemperature, 'RLD', 'alphaTemperature');
  return tf.tidy(() => {
    const target = targetMask(labels, student.shape[1]);
    const predicted = targetMask(teacher, student.shape[1]);
    const s = confidence(tf.div(student, alphaTemperature), target);
    const t = confidence(tf.div(teacher, alphaTemperature), predicted);
    const confidences = tf.add(divergence(t.logChosen, s.logChosen), divergence(t.logRest, s.logRest));

    const targetLogit = tf.sum(tf.mul(teacher, target), 1, true);
    const hidden = tf.greaterEqual(teacher, targetLogit);
    const logS = tf.logSoftmax(without(tf.div(student, temperature), hidden));
    const logT = tf.logSoftmax(without(tf.div(teacher, temperature), hidden));
    const masked = tf.sum<tf.Tensor1D>(divergence(logT, logS), 1);
    return tf.add(tf.mul(confidences, alpha * alphaTemperature ** 2), tf.mul(masked, beta * temperature ** 2));
  });
}

/** log p and log (1 − p) [batch] of the class that the mask [batch, classes] chooses, p = softmax(logits). */
function confidence(logits: tf.Tensor2D, mask: tf.Tensor2D): { logChosen: tf.Tensor1D; logRest: tf.Tensor1D } {
  const chosen = tf.sum<tf.Tensor1D>(tf.mul(logits, mask), 1);
  const rest = tf.logSumExp<tf.Tensor1D>(without(logits, tf.cast(mask, 'bool')), 1);
  const margin = tf.sub<tf.Tensor1D>(rest, chosen);
  return { logChosen: tf.neg(tf.softplus(margin)), logRest: tf.neg(tf.softplus(tf.neg(margin))) };
}

/** Logits with a hugely negative number in the hidden places. */
function without(logits: tf.Tensor2D, hidden: tf.Tensor): tf.Tensor2D {
  return tf.where<tf.Tensor2D>(hidden, tf.fill(logits.shape, -1e9), logits);
}

/** p · (log p − log q), elementwise. */
function divergence<T extends tf.Tensor>(logP: T, logQ: T): T {
  return tf.mul(tf.exp(logP), tf.sub(logP, logQ));
}
