import { execute, type Precision } from '../../../engine/execute';
import { hasKernels } from '../../../engine/native';
import * as tf from '../../../engine/tf';
import type { LayerValues } from '../fusedBlock';

export interface SwinBlockLayers {
  readonly norm1: LayerValues;
  readonly qkv: LayerValues;
  /** Bias of the attention scores for each distance between two tokens: [(2 · window − 1)², heads]. */
  readonly biasTable: tf.Tensor2D;
  readonly proj: LayerValues;
  readonly norm2: LayerValues;
  readonly fc1: LayerValues;
  readonly fc2: LayerValues;
}

export interface SwinBlockOptions {
  /** Side of a window, in tokens. */
  readonly window: number;
  /** How many tokens the windows are shifted down and right. */
  readonly shift: number;
  /** ε of both norms. */
  readonly epsilon: number;
  readonly precision: Precision;
}

/**
 * A Swin block as one op, without a gradient (Liu et al. 2021, figure 3b): a transformer block whose attention stays
 * within windows. x and the result [batch, grid, grid, width].
 *
 * Returns undefined if a gradient is needed or the kernel cannot run these sizes; then compose the block of its layers.
 */
export function fusedSwinBlock(
  x: tf.Tensor4D,
  { norm1, qkv, biasTable, proj, norm2, fc1, fc2 }: SwinBlockLayers,
  { window, shift, epsilon, precision }: SwinBlockOptions,
): tf.Tensor4D | undefined {
  const needsGradient = tf.engine().state.gradientDepth > 0;
  const isAligned = x.shape[3] % (8 * biasTable.shape[1]) === 0;
  if (needsGradient || !isAligned || !hasKernels()) return undefined;
  return tf.tidy(() => {
    const layers: readonly LayerValues[] = [norm1, qkv, proj, norm2, fc1, fc2];
    const parameters = layers.flatMap(({ weight, bias = tf.zeros([weight.shape[1]!]) }) => [weight, bias]);
    const [y] = execute(
      'OfaSwinBlock',
      [x, biasTable, ...parameters],
      [
        ['window', 'int', window],
        ['shift', 'int', shift],
        ['epsilon', 'float', epsilon],
        ['mixed_precision', 'bool', precision === 'bfloat16'],
      ],
    );
    return y as tf.Tensor4D;
  });
}
