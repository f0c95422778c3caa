import * as tf from '../tensor/engine/tf';
import { checkSameShape } from './check';

/**
 * FitNet's hint loss (Romero et al. 2015, equation 3) without its factor ½, as the OFA-KD release: ℓ = mean of (f_s − f_t)².
 * Projected student and teacher features [batch, height, width, channels]; returns [batch].
 */
export function fitnetLoss(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Tensor1D {
  checkSameShape(student, teacher, 'FitNet', 'projected student and teacher features');
  return tf.tidy(() => tf.mean<tf.Tensor1D>(tf.squaredDifference(student, teacher), [1, 2, 3]));
}
