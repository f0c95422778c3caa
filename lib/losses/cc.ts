import * as tf from '../tensor/engine/tf';
import { checkBatchSize, checkSameShape } from './check';

/**
 * CC, correlation congruence (Peng et al. 2019, arXiv 1904.01802), as in the released code of OFA-KD: with
 * Δ_i = |e_s,i − e_t,i| for example i, ℓ = mean over i of Σ_d Δ_i,d · Δ_i+1,d, which pairs neighbours in the batch.
 *
 * Embeddings e [batch, width], batch ≥ 2. Returns a scalar.
 * Throws a UserError if the shapes differ or the batch is too small.
 */
export function ccLoss(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar {
  checkSameShape(student, teacher, 'CC', 'student and teacher embeddings');
  checkBatchSize(student, 2, 'CC');
  return tf.tidy(() => {
    const pairs = student.shape[0] - 1;
    const delta = tf.abs(tf.sub(student, teacher));
    const first = tf.slice(delta, [0, 0], [pairs, -1]);
    const second = tf.slice(delta, [1, 0], [pairs, -1]);
    return tf.div(tf.sum<tf.Scalar>(tf.mul(first, second)), pairs);
  });
}
