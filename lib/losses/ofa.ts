import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';
import { checkLabels, targetMask, type Labels } from './labels';
import { weightedCrossEntropy } from './weightedCrossEntropy';

/**
 * Which classes the exponent γ applies to. `released`: all of them, as in the code that produced the published numbers.
 * `paper`: only the target class, as in the paper's equation.
 */
export type OfaForm = 'released' | 'paper';

export interface OfaOptions {
  /** γ in the paper, ε in its code and in our texts. At 1 the loss is the cross entropy with the teacher's output. */
  readonly exponent: number;
  /** Default: 1. */
  readonly temperature?: number;
  /** Default: `released`. */
  readonly form?: OfaForm;
  /** Adds − log p_s,y, as the paper's equation has it. Default: false, as in the released code. */
  readonly labelTerm?: boolean;
}

/**
 * OFA loss (Hao et al. 2023, arXiv 2310.19444) between the logits of the student, or of one of its exit branches, and
 * those of the teacher: ℓ = − Σ_c w_c · log softmax(z_s / T)_c, with the weights w of `ofaWeights`.
 *
 * Logits [batch, classes]; labels [batch], or soft [batch, classes]. Returns [batch]. The gradient reaches the student
 * only. Throws a UserError if shapes do not match, or if exponent or temperature are not positive.
 */
export function ofaLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, labels: Labels, options: OfaOptions): tf.Tensor1D {
  checkSameShape(student, teacher, 'OFA');
  return tf.tidy(() => weightedCrossEntropy(student, ofaWeights(teacher, labels, options), options.temperature));
}

/**
 * The weight of each class in the OFA loss. With the teacher's probabilities p = softmax(z_t / T):
 *
 *                target class     other classes
 *     released   (1 + p)^γ − 1    p^γ
 *     paper      (1 + p)^γ − 1    p
 *
 * The label term adds 1 to the weight of the target class. Teacher logits [batch, classes]; labels [batch], or soft
 * [batch, classes]. Returns [batch, classes], which does not depend on the student: all branches with the same γ share
 * it.
 */
export function ofaWeights(
  teacher: tf.Tensor2D,
  labels: Labels,
  { exponent, temperature = 1, form = 'released', labelTerm = false }: OfaOptions,
): tf.Tensor2D {
  checkLabels(labels, teacher, 'OFA');
  checkPositive(exponent, 'OFA', 'exponent');
  checkPositive(temperature, 'OFA', 'temperature');
  return tf.tidy(() => {
    const mask = targetMask(labels, teacher.shape[1]);
    const logP = tf.logSoftmax(tf.div<tf.Tensor2D>(teacher, temperature));
    const p = tf.exp(logP);
    // (1 + p)^γ − 1 without losing digits where p is small.
    const target = tf.expm1(tf.mul<tf.Tensor2D>(tf.log1p(p), exponent));
    const others = form === 'paper' ? p : tf.exp(tf.mul<tf.Tensor2D>(logP, exponent));
    const weights = tf.where<tf.Tensor2D>(tf.cast(mask, 'bool'), target, others);
    return labelTerm ? tf.add(weights, mask) : weights;
  });
}
