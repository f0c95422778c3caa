import * as tf from '../tensor/engine/tf';
import { UserError } from '../errors';
import { checkBatch } from './check';
import { euclideanNorm, normalise, scaleFree } from './norm';

export interface RkdOptions {
  readonly distanceWeight: number;
  readonly angleWeight: number;
}

/**
 * RKD (Park et al. 2019): ℓ = λ_d · h(d_s / mean d_s, d_t / mean d_t) + λ_a · h(cos_s, cos_t), h the mean
 * smooth L1, d the distance of each pair of examples and cos the angle at the middle of each triple.
 * Features [batch, width], of any two widths; returns a scalar. Does not depend on either side's scale.
 */
export function rkdLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { distanceWeight, angleWeight }: RkdOptions,
): tf.Scalar {
  checkBatch(student, 2, 'RKD');
  if (student.shape[0] !== teacher.shape[0])
    throw new UserError(
      `RKD: student and teacher must see one batch, and see ${student.shape[0]} and ${teacher.shape[0]} examples.`,
    );
  return tf.tidy(() => {
    const s = differences(student);
    const t = differences(teacher);
    const distance = smoothL1(tf.sub(relativeDistances(s), relativeDistances(t)));
    const angle = smoothL1(tf.sub(cosines(s), cosines(t)));
    return tf.add(tf.mul(distance, distanceWeight), tf.mul(angle, angleWeight));
  });
}

/** x_j − x_i at [i, j], up to scale. Not from a Gram matrix, which would lose near neighbours to rounding. [batch, batch, width] */
function differences(x: tf.Tensor2D): tf.Tensor3D {
  const u = scaleFree(x);
  return tf.sub(tf.expandDims(u, 0), tf.expandDims(u, 1));
}

/** ‖x_j − x_i‖ over its mean for i ≠ j. [batch, batch] */
function relativeDistances(pairs: tf.Tensor3D): tf.Tensor2D {
  const n = pairs.shape[0];
  const distances = tf.squeeze<tf.Tensor2D>(euclideanNorm(pairs, 2), [2]);
  return tf.div(distances, tf.maximum(tf.div(tf.sum(distances), n * (n - 1)), 1e-18));
}

/** The cosine of the angle at x_i between x_j and x_k, at [i, j, k]. */
function cosines(pairs: tf.Tensor3D): tf.Tensor3D {
  const directions = normalise(pairs, 2);
  return tf.matMul(directions, directions, false, true);
}

/** Mean of x² / 2 within ±1 and |x| − 1/2 beyond. */
function smoothL1(x: tf.Tensor): tf.Scalar {
  const size = tf.abs(x);
  const inner = tf.minimum(size, 1);
  return tf.mean<tf.Scalar>(tf.mul(inner, tf.sub(size, tf.mul(inner, 0.5))));
}
