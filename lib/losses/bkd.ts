import * as tf from '../tensor/engine/tf';
import { binaryCrossEntropy } from './binaryCrossEntropy';
import { checkSameShape } from './check';

/**
 * BKD: binary cross entropy with the teacher's probabilities as targets, ℓ = BCE(z_s, softmax(z_t)), mean over classes.
 * It comes from the released code of OFA-KD (github.com/Hao840/OFAKD), where it stands for KD in recipes with that
 * loss.
 *
 * Logits [batch, classes]. Returns [batch]. Throws a UserError if the shapes differ.
 */
export function bkdLoss(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Tensor1D {
  checkSameShape(student, teacher, 'BKD');
  return tf.tidy(() => binaryCrossEntropy(student, tf.exp(tf.logSoftmax(teacher))));
}
