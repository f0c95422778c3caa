import type { LayerValues } from './fusedBlock';
import { execute, hasKernels, type Precision } from '../../engine/native';
import * as tf from '../../engine/tf';

export interface SwinBlockOptions {
  /** Side of the windows, and by how much the grid is moved against them. */
  readonly window: number;
  readonly shift: number;
  readonly epsilon: number;
  readonly precision: Precision;
}

/** Whether a Swin block of x [batch, grid, grid, width] can be one op: where no gradient is asked for, as of a teacher. */
export function hasSwinBlock(x: tf.Tensor4D, heads: number): boolean {
  return hasKernels() && tf.engine().state.gradientDepth === 0 && x.shape[3] % (8 * heads) === 0;
}

/** Two norms and four linear layers in the order in which x meets them, and the bias of each distance [(2 · window − 1)², heads]. Returns the shape of x. */
export function swinBlock(
  x: tf.Tensor4D,
  table: tf.Tensor2D,
  layers: readonly LayerValues[],
  { window, shift, epsilon, precision }: SwinBlockOptions,
): tf.Tensor4D {
  return tf.tidy(() => {
    const parameters = layers.flatMap(({ weight, bias = tf.zeros([weight.shape[1]!]) }) => [weight, bias]);
    return execute(
      'OfaSwinBlock',
      [x, table, ...parameters],
      [
        ['window', 'int', window],
        ['shift', 'int', shift],
        ['epsilon', 'float', epsilon],
        ['rounded', 'bool', precision === 'bfloat16'],
      ],
    )[0] as tf.Tensor4D;
  });
}
