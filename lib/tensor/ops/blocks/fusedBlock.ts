import { customGradient } from '../../engine/customGradient';
import { execute, type Attribute, type Precision } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

/** A linear layer's weight [in, out] and bias [out], or a norm's scale and offset, each [width]. */
export interface LayerValues {
  readonly weight: tf.Tensor;
  readonly bias?: tf.Tensor;
}

/** How a block maps to its two kernels, `op` and `${op}Grad`. */
export interface FusedBlock {
  readonly op: string;
  /** In the order in which the data passes them. */
  readonly layers: readonly LayerValues[];
  readonly attributes: readonly Attribute[];
  readonly precision: Precision;
  /** Count of intermediate results that `op` returns after its output, for use by `${op}Grad`. */
  readonly savedCount: number;
}

/** Each thread sums the gradients of all weights in a buffer of its own, which should stay in the cache. */
const maxWeights = 2 ** 19;

/** Whether a block with these layers is faster as one op. Wider blocks run as fast one layer at a time. */
export function isWorthFusing(layers: readonly LayerValues[]): boolean {
  return hasKernels() && layers.reduce((sum, { weight }) => sum + weight.size, 0) <= maxWeights;
}

/**
 * Runs a residual block as one op in each direction; x stays in the cache between its layers. Returns the shape of x.
 */
export function runFusedBlock(x: tf.Tensor3D, block: FusedBlock): tf.Tensor3D {
  const { op, layers, precision, savedCount } = block;
  const attributes: readonly Attribute[] = [...block.attributes, ['mixed_precision', 'bool', precision === 'bfloat16']];
  return tf.tidy(() => {
    const parameters = layers.flatMap(({ weight, bias = tf.zeros([0]) }) => [weight, bias]);
    return customGradient([x, ...parameters], () => {
      const needsGradient = tf.engine().state.gradientDepth > 0;
      const [y, ...saved] = execute(
        op,
        [x, ...parameters],
        [...attributes, ['save', 'bool', needsGradient]],
        1 + savedCount,
      );
      return {
        value: y as tf.Tensor3D,
        saved: [x, ...saved, ...parameters],
        backward: (dy, inputs) => execute(`${op}Grad`, [dy, ...inputs], attributes, 1 + parameters.length),
      };
    });
  });
}
