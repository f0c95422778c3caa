import * as tf from '../tensor/engine/tf';
import { binaryCrossEntropy } from './binaryCrossEntropy';
import { checkSameShape } from './check';

/**
 * BKD: the teacher's probabilities as targets of a binary cross entropy, ℓ = BCE(z_s, softmax(z_t)), mean over classes,
 * as in the OFA-KD release (Hao et al. 2023). Logits [batch, classes]; returns [batch].
 */
export function bkdLoss(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Tensor1D {
  checkSameShape(student, teacher, 'BKD');
  return tf.tidy(() => binaryCrossEntropy(student, tf.softmax(teacher)));
}
