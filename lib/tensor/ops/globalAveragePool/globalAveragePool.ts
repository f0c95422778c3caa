import { customGradient } from '../../engine/customGradient';
import * as tf from '../../engine/tf';

/**
 * The mean over all positions: x [batch, ..., channels]; returns [batch, channels]. The gradient of tf.mean would
 * create a tensor of ones of the size of x in JavaScript; here dy is tiled.
 */
export function globalAveragePool(x: tf.Tensor): tf.Tensor2D {
  const [batch = 0, ...rest] = x.shape;
  const positions = rest.slice(0, -1);
  const count = positions.reduce((product, size) => product * size, 1);
  const axes = positions.map((_, i) => i + 1);
  return customGradient([x], () => ({
    value: tf.mean<tf.Tensor2D>(x, axes),
    saved: [],
    backward: (dy) => [
      tf.tidy(() => {
        const scaled = tf.reshape(tf.div(dy, count), [batch, ...positions.map(() => 1), dy.shape[1]]);
        return tf.tile(scaled, [1, ...positions, 1]);
      }),
    ],
  }));
}
