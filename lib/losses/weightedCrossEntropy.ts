import { customGradient } from '../tensor/engine/customGradient';
import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';

/**
 * ℓ = − Σ_c w_c · log softmax(z / T)_c for weights w of any sum, with ∂ℓ/∂z = (Σ_c w_c · softmax(z / T) − w) / T.
 * (The gradient of `tf.losses.softmaxCrossEntropy` is right only for weights that sum to 1.)
 *
 * Logits z and weights w [batch, classes]. Returns [batch]. The weights are constants and get no gradient.
 * Throws a UserError if the shapes differ or the temperature T is not positive.
 */
export function weightedCrossEntropy(logits: tf.Tensor2D, weights: tf.Tensor2D, temperature = 1): tf.Tensor1D {
  checkSameShape(logits, weights, 'Cross entropy', 'logits and weights');
  checkPositive(temperature, 'Cross entropy', 'temperature');
  return tf.tidy(() =>
    customGradient([logits], () => {
      const logProbabilities = tf.logSoftmax(temperature === 1 ? logits : tf.div(logits, temperature));
      return {
        value: tf.neg(tf.sum<tf.Tensor1D>(tf.mul(weights, logProbabilities), 1)),
        saved: [logProbabilities, weights],
        backward: (dy, [logP, w]) => {
          const grad = tf.sub(tf.mul(tf.exp(logP!), tf.sum(w!, 1, true)), w!);
          return [tf.mul(grad, tf.reshape(temperature === 1 ? dy : tf.div(dy, temperature), [-1, 1]))];
        },
      };
    }),
  );
}
