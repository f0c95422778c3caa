import * as tf from '../tensor/engine/tf';
import { checkBatch, checkSameShape } from './check';

/**
 * CC (Peng et al. 2019) as the OFA-KD release has it: with Δ = |e_s − e_t|, ℓ = mean over i of Σ_d Δ_i,d · Δ_i+1,d,
 * neighbours in the batch. Embeddings [batch, width]; returns a scalar.
 */
export function ccLoss(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar {
  checkSameShape(student, teacher, 'CC', 'student and teacher embeddings');
  checkBatch(student, 2, 'CC');
  return tf.tidy(() => {
    const pairs = student.shape[0] - 1;
    const delta = tf.abs(tf.sub(student, teacher));
    return tf.div(
      tf.sum<tf.Scalar>(tf.mul(tf.slice(delta, [0, 0], [pairs, -1]), tf.slice(delta, [1, 0], [pairs, -1]))),
      pairs,
    );
  });
}
