import { composite } from '../../engine/composite';
import { customGradient } from '../../engine/customGradient';
import { execute, type Attribute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

export interface MaxPoolOptions {
  /** Of each side of the window. */
  readonly size: number;
  readonly stride: number;
  /** Positions added on each of the four sides, which never hold the maximum. */
  readonly padding: number;
}

/**
 * The maximum of each window, channel by channel. x [batch, height, width, channels]; returns
 * [batch, ⌊(height + 2 · padding − size) / stride⌋ + 1, …, channels].
 */
export function maxPool(x: tf.Tensor4D, options: MaxPoolOptions): tf.Tensor4D {
  return hasKernels() ? fused(x, options) : composed(x, options);
}

function fused(x: tf.Tensor4D, { size, stride, padding }: MaxPoolOptions): tf.Tensor4D {
  const attributes: readonly Attribute[] = [
    ['size', 'int', size],
    ['stride', 'int', stride],
    ['padding', 'int', padding],
  ];
  return customGradient([x], () => {
    const y = execute('OfaMaxPool', [x], attributes)[0] as tf.Tensor4D;
    return { value: y, saved: [x, y], backward: (dy, saved) => execute('OfaMaxPoolGrad', [dy, ...saved], attributes) };
  });
}

function composed(x: tf.Tensor4D, { size, stride, padding }: MaxPoolOptions): tf.Tensor4D {
  return composite('PaddedMaxPool', { x }, { size, stride, padding }, () =>
    tf.tidy(() => {
      const sides: [number, number] = [padding, padding];
      return tf.maxPool(tf.pad(x, [[0, 0], sides, sides, [0, 0]], lowestFloat), size, stride, 'valid');
    }),
  );
}

const lowestFloat = -3.4028234e38;
