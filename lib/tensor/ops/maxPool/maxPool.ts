import { customGradient } from '../../engine/customGradient';
import { execute, hasKernels, type Attribute } from '../../engine/native';
import * as tf from '../../engine/tf';

export interface MaxPoolOptions {
  readonly size: number;
  readonly stride: number;
  /** Places on each of the four sides that hold nothing. */
  readonly padding: number;
}

/** The largest value of each window, channel by channel. x [batch, height, width, channels] → [batch, ⌊(height + 2 · padding − size) / stride⌋ + 1, …, channels]. */
export function maxPool(x: tf.Tensor4D, { size, stride, padding }: MaxPoolOptions): tf.Tensor4D {
  if (!hasKernels())
    return tf.tidy(() =>
      tf.maxPool(
        tf.pad(
          x,
          [
            [0, 0],
            [padding, padding],
            [padding, padding],
            [0, 0],
          ],
          lowest,
        ),
        size,
        stride,
        'valid',
      ),
    );
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

const lowest = -3.4028234e38;
