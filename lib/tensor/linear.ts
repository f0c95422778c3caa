import { customGradient } from './customGradient';
import { execute, hasKernels } from './native';
import * as tf from './tf';

/** x · weight over the last axis. x [..., in], weight [in, out]; returns [..., out]. */
export function linear<T extends tf.Tensor>(x: T, weight: tf.Tensor2D): T {
  return tf.tidy(() => {
    const width = weight.shape[0];
    const rows = tf.reshape<tf.Rank.R2>(x, [x.size / width, width]);
    return tf.reshape(tf.matMul(rows, weight), [...x.shape.slice(0, -1), weight.shape[1]]) as T;
  });
}

/** x + bias, and + residual where there is one, in one pass. x and residual [..., width], bias [width]. */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor1D, residual?: T): T {
  if (!hasKernels()) return tf.tidy(() => (residual ? tf.add(tf.add(x, bias), residual) : tf.add(x, bias)));
  const others = residual ? [residual] : [];
  return customGradient([x, bias, ...others], () => ({
    value: execute('OfaAddBias', [x, bias, ...others], [['N', 'int', others.length]])[0] as T,
    saved: [],
    backward: (dy) => [dy, execute('OfaAddBiasGrad', [dy], [])[0]!, ...others.map(() => dy)].map((gradient) => tf.clone(gradient)),
  }));
}
