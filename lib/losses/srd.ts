import * as tf from '../tensor/engine/tf';
import { checkBatchSize, checkPositive, checkSameShape } from './check';

/** Below this the sum of powers counts as zero: equal features have a finite loss. */
const tiny = 1e-30;

export interface SrdOptions {
  /** Power of the differences; 4 in the paper. */
  readonly exponent?: number;
  /** ε of the batch norm; 1e-4 in the released code. */
  readonly epsilon?: number;
}

/**
 * SRD, simple recipe distillation (Miles and Mikolajczyk, AAAI 2024, arXiv 2303.11098):
 * ℓ = 2 · log Σ |n(x_s) − n(x_t)|^α over batch and features. n is batch norm without parameters and with the biased
 * variance; the factor 2 is that of the released code. Projected student and teacher features [batch, width],
 * batch ≥ 2; returns a scalar.
 */
export function srdLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { exponent = 4, epsilon = 1e-4 }: SrdOptions = {},
): tf.Scalar {
  checkSameShape(student, teacher, 'SRD', 'projected student and teacher features');
  checkBatchSize(student, 2, 'SRD');
  checkPositive(exponent, 'SRD', 'exponent');
  checkPositive(epsilon, 'SRD', 'epsilon');
  return tf.tidy(() => {
    const difference = tf.abs(tf.sub(batchNormalised(student, epsilon), batchNormalised(teacher, epsilon)));
    const sum = tf.sum<tf.Scalar>(tf.pow(difference, exponent));
    return tf.mul(tf.log(tf.maximum(sum, tiny)), 2);
  });
}

function batchNormalised(x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
  const centred = tf.sub<tf.Tensor2D>(x, tf.mean(x, 0, true));
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 0, true), epsilon)));
}
