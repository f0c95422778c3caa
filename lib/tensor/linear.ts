import { customGradient } from './customGradient';
import { execute, executeIn, hasKernels, type Precision } from './native';
import * as tf from './tf';

/** x · weight over the last axis. x [..., in], weight [in, out]; returns [..., out]. */
export function linear<T extends tf.Tensor>(x: T, weight: tf.Tensor2D, precision: Precision = 'float32'): T {
  return tf.tidy(() => {
    const width = weight.shape[0];
    const rows = tf.reshape<tf.Rank.R2>(x, [x.size / width, width]);
    const product = precision === 'float32' ? tf.matMul(rows, weight) : rounded(rows, weight, precision);
    return tf.reshape(product, [...x.shape.slice(0, -1), weight.shape[1]]) as T;
  });
}

function rounded(x: tf.Tensor2D, weight: tf.Tensor2D, precision: Precision): tf.Tensor2D {
  const product = (a: tf.Tensor, b: tf.Tensor, turned: 'a' | 'b' | undefined): tf.Tensor =>
    executeIn(precision, 'MatMul', [a, b], [['transpose_a', 'bool', turned === 'a'], ['transpose_b', 'bool', turned === 'b']]);
  return customGradient([x, weight], () => ({
    value: product(x, weight, undefined) as tf.Tensor2D,
    saved: [x, weight],
    backward: (dy, [rows, factor]) => [product(dy, factor!, 'b'), product(rows!, dy, 'a')],
  }));
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
