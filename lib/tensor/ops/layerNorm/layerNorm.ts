import { composite } from '../../engine/composite';
import { customGradient } from '../../engine/customGradient';
import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

/**
 * (x − mean) / √(variance + ε) · scale + offset over the last axis (Ba et al. 2016). x [..., width], scale and offset
 * [width]; returns the shape of x.
 */
export function layerNorm<T extends tf.Tensor>(x: T, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): T {
  return hasKernels() ? fused(x, scale, offset, epsilon) : composed(x, scale, offset, epsilon);
}

function fused<T extends tf.Tensor>(x: T, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): T {
  return customGradient([x, scale, offset], () => {
    const [y, mean, inverseStd] = execute('OfaLayerNorm', [x, scale, offset], [['epsilon', 'float', epsilon]], 3);
    return {
      value: y as T,
      saved: [x, scale, mean!, inverseStd!],
      backward: (dy, saved) => execute('OfaLayerNormGrad', [dy, ...saved], [], 3),
    };
  });
}

function composed<T extends tf.Tensor>(x: T, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): T {
  return composite('LayerNorm', { x, scale, offset }, { epsilon }, () =>
    tf.tidy(() => {
      const { mean, variance } = tf.moments(x, -1, true);
      const normalised = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
      return tf.add<T>(tf.mul(normalised, scale), offset);
    }),
  );
}
