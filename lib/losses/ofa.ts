import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';
import { checkLabels, targetMask, type Labels } from './labels';
import { weightedCrossEntropy } from './weightedCrossEntropy';

/** `released`: the code that made the published numbers, which puts the exponent on every class; `paper`: its equation, on the target class only. */
export type OfaForm = 'released' | 'paper';

export interface OfaOptions {
  /** The modulating exponent: γ in the paper, ε in the blog and the code; at 1 the loss is the teacher's cross entropy. */
  readonly exponent: number;
  readonly temperature?: number;
  readonly form?: OfaForm;
  /** Whether the label's own term, − log p_s,y, stays inside; the released code leaves it to the cross entropy. */
  readonly labelTerm?: boolean;
}

/**
 * OFA loss of the logits or of an exit branch (Hao et al. 2023): ℓ = − Σ_c w_c · log softmax(z_s / T)_c, with w of `ofaWeights`.
 * Logits [batch, classes], labels [batch] or soft [batch, classes]; returns [batch]. The teacher gets no gradient.
 */
export function ofaLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, labels: Labels, options: OfaOptions): tf.Tensor1D {
  checkSameShape(student, teacher, 'OFA');
  return tf.tidy(() => weightedCrossEntropy(student, ofaWeights(teacher, labels, options), options.temperature));
}

/**
 * The weights that teacher and label put on each class, p = softmax(z_t / T), m the mask of the target class:
 * released  w = (p + m)^γ − m;  paper  w = m · ((1 + p)^γ − 1) + (1 − m) · p;  with the label term, + m.
 * They do not depend on the student: compute them once for all branches of one exponent. Returns [batch, classes].
 */
export function ofaWeights(
  teacher: tf.Tensor2D,
  labels: Labels,
  { exponent, temperature = 1, form = 'released', labelTerm = false }: OfaOptions,
): tf.Tensor2D {
  checkLabels(labels, teacher, 'OFA');
  checkPositive(exponent, 'OFA', 'exponent ε');
  checkPositive(temperature, 'OFA', 'temperature');
  return tf.tidy(() => {
    const mask = targetMask(labels, teacher.shape[1]);
    const logP = tf.logSoftmax(tf.div<tf.Tensor2D>(teacher, temperature));
    const p = tf.exp(logP);
    // (1 + p)^γ − 1 without the loss of digits at small p.
    const target = tf.expm1(tf.mul<tf.Tensor2D>(tf.log1p(p), exponent));
    const others = form === 'paper' ? p : tf.exp(tf.mul<tf.Tensor2D>(logP, exponent));
    const weights = tf.where<tf.Tensor2D>(tf.cast(mask, 'bool'), target, others);
    return labelTerm ? tf.add(weights, mask) : weights;
  });
}
