import { UserError } from '../errors';
import * as tf from '../tensor/engine/tf';
import { checkBatchSize } from './check';
import { euclideanNorm, normalise, scaleFree } from './norm';

export interface RkdOptions {
  /** λ_d */
  readonly distanceWeight: number;
  /** λ_a */
  readonly angleWeight: number;
}

/**
 * RKD (Park et al. 2019, arXiv 1904.05068): ℓ = λ_d · h(d_s / mean d_s − d_t / mean d_t) + λ_a · h(cos_s − cos_t), with
 * d the distance of each pair of examples, cos the cosine of the angle of each triple, and h the mean smooth L1.
 *
 * Features [batch, width], batch ≥ 2; the two widths may differ. Returns a scalar. The loss does not change if the
 * features of either side are scaled, shifted or rotated. Throws a UserError if the batches differ or are too small.
 */
export function rkdLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { distanceWeight, angleWeight }: RkdOptions,
): tf.Scalar {
  checkBatchSize(student, 2, 'RKD');
  if (student.shape[0] !== teacher.shape[0])
    throw new UserError(
      `RKD: the student has ${student.shape[0]} examples and the teacher ${teacher.shape[0]}. ` +
        'Compute both features from the same batch.',
    );
  return tf.tidy(() => {
    const s = differences(student);
    const t = differences(teacher);
    const distance = smoothL1(tf.sub(relativeDistances(s), relativeDistances(t)));
    const angle = smoothL1(tf.sub(cosines(s), cosines(t)));
    return tf.add(tf.mul(distance, distanceWeight), tf.mul(angle, angleWeight));
  });
}

/**
 * x_j − x_i at [i, j], up to a common scale: [batch, batch, width]. A Gram matrix would lose small distances to
 * rounding.
 */
function differences(x: tf.Tensor2D): tf.Tensor3D {
  const scaled = scaleFree(x);
  // x_i − x_i is set to zero, because XLA fuses the scaling into the difference and then leaves a rounding error.
  const offDiagonal = tf.expandDims<tf.Tensor3D>(tf.sub(1, tf.eye(x.shape[0])), 2);
  return tf.mul(tf.sub(tf.expandDims(scaled, 0), tf.expandDims(scaled, 1)), offDiagonal);
}

/** ‖x_j − x_i‖ at [i, j], divided by its mean over i ≠ j: [batch, batch]. */
function relativeDistances(pairs: tf.Tensor3D): tf.Tensor2D {
  const n = pairs.shape[0];
  const distances = tf.squeeze<tf.Tensor2D>(euclideanNorm(pairs, 2), [2]);
  const mean = tf.div(tf.sum(distances), n * (n - 1));
  return tf.div(distances, tf.maximum(mean, 1e-18));
}

/** The cosine of the angle at x_i between x_j and x_k, at [i, j, k]: [batch, batch, batch]. */
function cosines(pairs: tf.Tensor3D): tf.Tensor3D {
  const directions = normalise(pairs, 2);
  return tf.matMul(directions, directions, false, true);
}

/** The mean of x² / 2 where |x| ≤ 1, and of |x| − 1/2 elsewhere. */
function smoothL1(x: tf.Tensor): tf.Scalar {
  const magnitude = tf.abs(x);
  const clipped = tf.minimum(magnitude, 1);
  return tf.mean<tf.Scalar>(tf.mul(clipped, tf.sub(magnitude, tf.mul(clipped, 0.5))));
}
