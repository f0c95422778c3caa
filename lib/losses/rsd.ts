import { customGradient } from '../tensor/engine/customGradient';
import * as tf from '../tensor/engine/tf';
import { checkBatch, checkPositive, checkSameShape } from './check';
import { euclideanNorm } from './norm';

/**
 * RSD, redundancy suppression distillation (ICCV 2025): R = F_tᵀ F_s / B of features standardised over the batch;
 * ℓ = Σ_i (R_ii − 1)² + κ · Σ_{i ≠ j} R_ij². Projected student and teacher features [batch, width]; returns a scalar.
 */
export function rsdLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, { kappa }: { readonly kappa: number }): tf.Scalar {
  checkSameShape(student, teacher, 'RSD', 'projected student and teacher features');
  checkBatch(student, 2, 'RSD');
  checkPositive(kappa, 'RSD', 'κ');
  return tf.tidy(() => {
    const [batch, width] = student.shape;
    const correlation = tf.div(tf.matMul(standardise(teacher), standardise(student), true), batch);
    const identity = tf.eye(width);
    const weights = tf.add(tf.mul(identity, 1 - kappa), kappa);
    return tf.sum<tf.Scalar>(tf.mul(tf.square(tf.sub(correlation, identity)), weights));
  });
}

/** (x − mean) / (σ + 1e-5) over the batch, σ biased; in units of each column's largest value, to keep squares within float32. */
function standardise(x: tf.Tensor2D): tf.Tensor2D {
  const centred = tf.sub<tf.Tensor2D>(x, tf.mean(x, 0, true));
  const unit = constant(centred, (c) => tf.reciprocal(tf.maximum(tf.max(tf.abs(c), 0, true), 1e-30)));
  const u = tf.mul<tf.Tensor2D>(centred, unit);
  const deviation = tf.div(euclideanNorm(u, 0), Math.sqrt(x.shape[0]));
  return tf.div(u, tf.add(deviation, tf.mul(unit, 1e-5)));
}

/** f(x) as a constant: no gradient flows to x. */
function constant(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return customGradient([x], () => ({ value: f(x), saved: [], backward: () => [tf.zeros(x.shape)] }));
}
