import { composite } from '../../engine/composite';
import { customGradient } from '../../engine/customGradient';
import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

/** GELU(x + bias), in the exact form with erf (Hendrycks and Gimpel 2016). x [..., width], bias [width]. */
export function biasGelu<T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T {
  return hasKernels() ? fused(x, bias) : tf.tidy(() => gelu(tf.add<T>(x, bias)));
}

/** GELU(x) = x · Φ(x), for any shape. */
export function gelu<T extends tf.Tensor>(x: T): T {
  return composite('Gelu', { x }, {}, () =>
    tf.tidy(() => tf.mul<T>(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))))),
  );
}

function fused<T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T {
  return customGradient([x, bias], () => ({
    value: execute('OfaBiasGelu', [x, bias], [])[0] as T,
    saved: [x, bias],
    backward: (dy, saved) => execute('OfaBiasGeluGrad', [dy, ...saved], [], 2),
  }));
}
