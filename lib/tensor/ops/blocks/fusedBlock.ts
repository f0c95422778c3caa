import { customGradient } from '../../engine/customGradient';
import { execute, hasKernels, type Attribute, type Precision } from '../../engine/native';
import * as tf from '../../engine/tf';

/** What a layer multiplies by and adds. */
export interface LayerValues {
  readonly weight: tf.Tensor;
  readonly bias?: tf.Tensor;
}

/** Six layers in the order in which x meets them, and what the block is told beside them. */
export interface FusedBlock {
  readonly x: tf.Tensor3D;
  readonly layers: readonly LayerValues[];
  readonly attributes: readonly Attribute[];
  readonly precision: Precision;
  /** Tensors that the gradient wants of the pass forward. */
  readonly kept: number;
}

/** Every thread adds up gradients of its own, which have to stay in the cache; wider blocks are as fast layer by layer. */
const mostParameters = 2 ** 19;

/** Whether there are kernels for whole blocks of these layers; whoever asks knows that those have the biases which the kernel adds. */
export function fusesBlocks(layers: readonly LayerValues[]): boolean {
  return hasKernels() && layers.reduce((sum, { weight }) => sum + weight.size, 0) <= mostParameters;
}

/** A residual block as one op each way: x never leaves the cache between its layers. Returns the shape of x. */
export function fusedBlock(op: string, { x, layers, attributes, precision, kept }: FusedBlock): tf.Tensor3D {
  const settings: readonly Attribute[] = [...attributes, ['rounded', 'bool', precision === 'bfloat16']];
  return tf.tidy(() => {
    const parameters = layers.flatMap(({ weight, bias = tf.zeros([0]) }) => [weight, bias]);
    return customGradient([x, ...parameters], () => {
      const save = tf.engine().state.gradientDepth > 0;
      const [y, ...saved] = execute(op, [x, ...parameters], [...settings, ['save', 'bool', save]], 1 + kept);
      return {
        value: y as tf.Tensor3D,
        saved: [x, ...saved, ...parameters],
        backward: (dy, inputs) => execute(`${op}Grad`, [dy, ...inputs], settings, 1 + parameters.length),
      };
    });
  });
}
