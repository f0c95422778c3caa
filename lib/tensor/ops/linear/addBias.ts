import { customGradient } from '../../engine/customGradient';
import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

/** x + bias + residual, in one pass over memory. x and residual [..., width], bias [width]. */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor1D, residual?: T): T {
  return hasKernels() ? fused(x, bias, residual) : tf.tidy(() => composed(x, bias, residual));
}

function fused<T extends tf.Tensor>(x: T, bias: tf.Tensor1D, residual?: T): T {
  const residuals = residual ? [residual] : [];
  return customGradient([x, bias, ...residuals], () => ({
    value: execute('OfaAddBias', [x, bias, ...residuals], [['N', 'int', residuals.length]])[0] as T,
    saved: [],
    backward: (dy) => {
      const [dbias] = execute('OfaAddBiasGrad', [dy], []);
      return [dy, dbias!, ...residuals.map(() => dy)].map((grad) => tf.clone(grad));
    },
  }));
}

function composed<T extends tf.Tensor>(x: T, bias: tf.Tensor1D, residual?: T): T {
  const sum = tf.add<T>(x, bias);
  return residual ? tf.add(sum, residual) : sum;
}
