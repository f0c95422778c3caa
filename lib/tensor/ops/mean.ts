import { customGradient } from '../engine/customGradient';
import * as tf from '../engine/tf';

/**
 * The mean over all places between the batch and the channels. x [batch, ..., channels]; returns [batch, channels].
 * For its gradient tfjs would write as many ones as x has numbers, in JavaScript.
 */
export function meanOfPlaces(x: tf.Tensor): tf.Tensor2D {
  const [batch = 0, ...rest] = x.shape;
  const places = rest.slice(0, -1);
  const count = places.reduce((product, size) => product * size, 1);
  return customGradient([x], () => ({
    value: tf.mean<tf.Tensor2D>(
      x,
      places.map((_, i) => i + 1),
    ),
    saved: [],
    backward: (dy) => [
      tf.tidy(() =>
        tf.tile(tf.reshape(tf.div(dy, count), [batch, ...places.map(() => 1), dy.shape[1]]), [1, ...places, 1]),
      ),
    ],
  }));
}
