import { customGradient } from '../tensor/engine/customGradient';
import * as tf from '../tensor/engine/tf';
import { checkPositive, checkSameShape } from './check';

/**
 * ℓ = − Σ_c w_c · log softmax(z / T)_c, for weights of any sum; ∂ℓ/∂z = (Σ_c w_c · softmax(z / T) − w) / T.
 * Logits z and weights w [batch, classes]; returns [batch]. The weights are constants: no gradient flows to them.
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
          const gradient = tf.sub(tf.mul(tf.exp(logP!), tf.sum(w!, 1, true)), w!);
          return [tf.mul(gradient, tf.reshape(temperature === 1 ? dy : tf.div(dy, temperature), [-1, 1]))];
        },
      };
    }),
  );
}
