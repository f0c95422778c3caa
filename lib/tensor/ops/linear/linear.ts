import { composite } from '../../engine/composite';
import { customGradient } from '../../engine/customGradient';
import { execute, executeIn, type Precision } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';
import { addBias } from './addBias';

export interface LinearOptions<T extends tf.Tensor> {
  /** [out] */
  readonly bias?: tf.Tensor1D;
  /** Added to the result, and of its shape. */
  readonly residual?: T;
  /** Default: float32. */
  readonly precision?: Precision;
}

/** x · weight + bias + residual over the last axis. x [..., in], weight [in, out]; returns [..., out]. */
export function linear<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  { bias, residual, precision = 'float32' }: LinearOptions<T> = {},
): T {
  return composite('Linear', { x, weight, bias, residual }, {}, () =>
    tf.tidy(() => {
      const [widthIn, width] = weight.shape;
      const rows = tf.reshape<tf.Rank.R2>(x, [x.size / widthIn, widthIn]);
      const shape = [...x.shape.slice(0, -1), width];
      if (hasMixedPrecisionKernel(weight, precision)) {
        const residualRows = residual && tf.reshape<tf.Rank.R2>(residual, [-1, width]);
        return tf.reshape(fusedInBfloat16(rows, weight, bias, residualRows), shape) as T;
      }
      const product = precision === 'float32' ? tf.matMul(rows, weight) : multiplyInBfloat16(rows, weight);
      const y = tf.reshape(product, shape) as T;
      if (bias) return addBias(y, bias, residual);
      return residual ? tf.add<T>(y, residual) : y;
    }),
  );
}

/** In float32, TensorFlow's product is as fast as any kernel of ours. */
function hasMixedPrecisionKernel({ shape: [widthIn, width] }: tf.Tensor2D, precision: Precision): boolean {
  return precision === 'bfloat16' && widthIn % 8 === 0 && width % 8 === 0 && hasKernels();
}

/** As one op. The gradient of the weight, a product of many rows with many, is TensorFlow's. */
function fusedInBfloat16(x: tf.Tensor2D, weight: tf.Tensor2D, bias?: tf.Tensor1D, residual?: tf.Tensor2D): tf.Tensor2D {
  // The kernel takes a residual only after a bias.
  const anyBias = bias ?? (residual && tf.zeros<tf.Rank.R1>([weight.shape[1]]));
  const terms = [...(anyBias ? [anyBias] : []), ...(residual ? [residual] : [])];
  return customGradient([x, weight, ...terms], () => ({
    value: multiplyByKernel([x, weight, ...terms], false),
    saved: [x, weight],
    backward: (dy, [savedX, savedWeight]) => [
      multiplyByKernel([dy, savedWeight!], true),
      matMulIn('bfloat16', savedX!, dy, 'a'),
      ...(anyBias ? [execute('OfaAddBiasGrad', [dy], [])[0]!] : []),
      ...(residual ? [tf.clone(dy)] : []),
    ],
  }));
}

/** x · weight (or its transpose) + bias + residual. */
function multiplyByKernel(inputs: readonly tf.Tensor[], transposed: boolean): tf.Tensor2D {
  const [y] = execute('OfaLinear', inputs, [
    ['N', 'int', inputs.length - 2],
    ['transposed', 'bool', transposed],
  ]);
  return y as tf.Tensor2D;
}

function multiplyInBfloat16(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return customGradient([x, weight], () => ({
    value: matMulIn('bfloat16', x, weight) as tf.Tensor2D,
    saved: [x, weight],
    backward: (dy, [savedX, savedWeight]) => [
      matMulIn('bfloat16', dy, savedWeight!, 'b'),
      matMulIn('bfloat16', savedX!, dy, 'a'),
    ],
  }));
}

function matMulIn(precision: Precision, a: tf.Tensor, b: tf.Tensor, transposed?: 'a' | 'b'): tf.Tensor {
  return executeIn(
    precision,
    'MatMul',
    [a, b],
    [
      ['transpose_a', 'bool', transposed === 'a'],
      ['transpose_b', 'bool', transposed === 'b'],
    ],
  );
}
