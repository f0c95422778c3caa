import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';

/**
 * KD: ℓ = T² · KL(p_t ‖ p_s) = T² · Σ_c p_t,c · (log p_t,c − log p_s,c), p = softmax(z / T) (Hinton et al. 2015).
 * Logits [batch, classes]; returns [batch].
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
    return tf.mul(tf.sum<tf.Tensor1D>(tf.mul(tf.exp(logT), tf.sub(logT, logS)), 1), temperature ** 2);
  });
}
