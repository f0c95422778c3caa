import * as tf from '../tensor/engine/tf';
import { checkBatchSize, checkSameShape } from './check';

/** Below this the sum of fourth powers counts as zero: equal features have a finite loss. */
const tiny = 1e-30;

/**
 * SRD, simple recipe distillation (Miles and Mikolajczyk, AAAI 2024): ℓ = 2 · log Σ |n(x_s) −
 * n(x_t)|⁴ over batch and features, n batch norm without parameters (biased variance, ε 1e-4). Projected student
 * and teacher features [batch, width], batch ≥ 2; returns a scalar.
 */
export function srdLoss(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar {
  checkSameShape(student, teacher, 'SRD', 'projected student and teacher features');
  checkBatchSize(student, 2, 'SRD');
  return tf.tidy(() => {
    const difference = tf.sub(batchNormalised(student), batchNormalised(teacher));
    const sum = tf.sum<tf.Scalar>(tf.square(tf.square(difference)));
    return tf.mul(tf.log(tf.maximum(sum, tiny)), 2);
  });
}

function batchNormalised(x: tf.Tensor2D): tf.Tensor2D {
  const centred = tf.sub<tf.Tensor2D>(x, tf.mean(x, 0, true));
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 0, true), 1e-4)));
}
