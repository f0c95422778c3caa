import { customGradient } from '../tensor/engine/customGradient';
import * as tf from '../tensor/engine/tf';
import { checkBatchSize, checkPositive, checkSameShape } from './check';
import { euclideanNorm } from './norm';

/**
 * RSD, redundancy suppression distillation (ICCV 2025, arXiv 2507.21844): ℓ = Σ_i (R_ii − 1)² + κ · Σ_{i ≠ j} R_ij²,
 * with R = F_tᵀ F_s / batch the cross-correlation of features F that are standardised over the batch.
 *
 * Features [batch, width], the student's projected to the teacher's width, batch ≥ 2. Returns a scalar.
 * Throws a UserError if the shapes differ, the batch is too small, or κ is not positive.
 */
export function rsdLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, { kappa }: { readonly kappa: number }): tf.Scalar {
  checkSameShape(student, teacher, 'RSD', 'projected student and teacher features');
  checkBatchSize(student, 2, 'RSD');
  checkPositive(kappa, 'RSD', 'κ');
  return tf.tidy(() => {
    const [batch, width] = student.shape;
    const crossCorrelation = tf.div(tf.matMul(standardise(teacher), standardise(student), true), batch);
    const identity = tf.eye(width);
    const weights = tf.add(tf.mul(identity, 1 - kappa), kappa);
    return tf.sum<tf.Scalar>(tf.mul(tf.square(tf.sub(crossCorrelation, identity)), weights));
  });
}

/**
 * (x − mean) / (std + 1e-5) over the batch, with the biased std (division by the batch size). [batch, width] → the
 * same.
 */
function standardise(x: tf.Tensor2D): tf.Tensor2D {
  const centred = tf.sub<tf.Tensor2D>(x, tf.mean(x, 0, true));
  // Scaling each column by its largest value keeps the squares within the range of float32.
  const scale = detach(centred, (c) => tf.reciprocal(tf.maximum(tf.max(tf.abs(c), 0, true), 1e-30)));
  const scaled = tf.mul<tf.Tensor2D>(centred, scale);
  const std = tf.div(euclideanNorm(scaled, 0), Math.sqrt(x.shape[0]));
  return tf.div(scaled, tf.add(std, tf.mul(scale, 1e-5)));
}

/** Computes f(x) as a constant: no gradient flows back to x. */
function detach(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return customGradient([x], () => ({ value: f(x), saved: [], backward: () => [tf.zeros(x.shape)] }));
}
