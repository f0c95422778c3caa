import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';

/**
 * KD (Hinton et al. 2015, arXiv 1503.02531): ℓ = T² · KL(p_t ‖ p_s) = T² · Σ_c p_t,c · (log p_t,c − log p_s,c), with
 * p = softmax(z / T).
 *
 * Logits z [batch, classes]. Returns [batch]. Throws a UserError if the shapes differ or the temperature is not
 * positive.
 */
export function kdLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { temperature }: { readonly temperature: number },
): tf.Tensor1D {
  checkSameShape(student, teacher, 'KD');
  checkPositive(temperature, 'KD', 'temperature');
  return tf.tidy(() => {
    const logS = tf.logSoftmax(tf.div(student, temperature));
    const logT = tf.logSoftmax(tf.div(teacher, temperature));
    const divergence = tf.sum<tf.Tensor1D>(tf.mul(tf.exp(logT), tf.sub(logT, logS)), 1);
    return tf.mul(divergence, temperature ** 2);
  });
}
