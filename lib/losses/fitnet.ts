import * as tf from '../tensor/engine/tf';
import { checkSameShape } from './check';

/**
 * FitNet's hint loss (Romero et al. 2015, arXiv 1412.6550, equation 3) without its factor ½, as in the released code of
 * OFA-KD: ℓ = mean of (f_s − f_t)² over positions and channels.
 *
 * Features f [batch, height, width, channels], the student's projected to the teacher's shape. Returns [batch].
 * Throws a UserError if the shapes differ.
 */
export function fitnetLoss(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Tensor1D {
  checkSameShape(student, teacher, 'FitNet', 'projected student and teacher features');
  return tf.tidy(() => tf.mean<tf.Tensor1D>(tf.squaredDifference(student, teacher), [1, 2, 3]));
}
