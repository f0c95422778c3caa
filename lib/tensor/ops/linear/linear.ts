import { customGradient } from '../../engine/customGradient';
import { execute, executeIn, hasKernels, type Precision } from '../../engine/native';
import * as tf from '../../engine/tf';

export interface LinearOptions<T extends tf.Tensor> {
  /** [out] */
  readonly bias?: tf.Tensor1D;
  /** What is added to the result, of its shape. */
  readonly residual?: T;
  /** float32 unless told. */
  readonly precision?: Precision;
}

/** x · weight + bias + residual over the last axis. x [..., in], weight [in, out]; returns [..., out]. */
export function linear<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  { bias, residual, precision = 'float32' }: LinearOptions<T> = {},
): T {
  return tf.tidy(() => {
    const [width, out] = weight.shape;
    const rows = tf.reshape<tf.Rank.R2>(x, [x.size / width, width]);
    const shape = [...x.shape.slice(0, -1), out];
    if (precision === 'bfloat16' && hasKernels() && width % 8 === 0 && out % 8 === 0) {
      const added = residual && tf.reshape<tf.Rank.R2>(residual, [-1, out]);
      return tf.reshape(fused(rows, weight, bias ?? (added && tf.zeros<tf.Rank.R1>([out])), added), shape) as T;
    }
    const y = tf.reshape(
      precision === 'float32' ? tf.matMul(rows, weight) : rounded(rows, weight, precision),
      shape,
    ) as T;
    if (bias) return addBias(y, bias, residual);
    return residual ? tf.add(y, residual) : y;
  });
}

/** x + bias, and + residual where there is one, in one pass. x and residual [..., width], bias [width]. */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor1D, residual?: T): T {
  if (!hasKernels()) return tf.tidy(() => (residual ? tf.add(tf.add(x, bias), residual) : tf.add(x, bias)));
  const others = residual ? [residual] : [];
  return customGradient([x, bias, ...others], () => ({
    value: execute('OfaAddBias', [x, bias, ...others], [['N', 'int', others.length]])[0] as T,
    saved: [],
    backward: (dy) =>
      [dy, execute('OfaAddBiasGrad', [dy], [])[0]!, ...others.map(() => dy)].map((gradient) => tf.clone(gradient)),
  }));
}

/** All of it in one op; products of many rows with many are left to TensorFlow. */
function fused(x: tf.Tensor2D, weight: tf.Tensor2D, bias?: tf.Tensor1D, residual?: tf.Tensor2D): tf.Tensor2D {
  const others = [...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  return customGradient([x, weight, ...others], () => ({
    value: execute(
      'OfaLinear',
      [x, weight, ...others],
      [
        ['N', 'int', others.length],
        ['transposed', 'bool', false],
      ],
    )[0] as tf.Tensor2D,
    saved: [x, weight],
    backward: (dy, [rows, factor]) => [
      execute(
        'OfaLinear',
        [dy, factor!],
        [
          ['N', 'int', 0],
          ['transposed', 'bool', true],
        ],
      )[0]!,
      product('bfloat16', rows!, dy, 'a'),
      ...(bias ? [execute('OfaAddBiasGrad', [dy], [])[0]!] : []),
      ...(residual ? [tf.clone(dy)] : []),
    ],
  }));
}

function rounded(x: tf.Tensor2D, weight: tf.Tensor2D, precision: Precision): tf.Tensor2D {
  return customGradient([x, weight], () => ({
    value: product(precision, x, weight) as tf.Tensor2D,
    saved: [x, weight],
    backward: (dy, [rows, factor]) => [product(precision, dy, factor!, 'b'), product(precision, rows!, dy, 'a')],
  }));
}

function product(precision: Precision, a: tf.Tensor, b: tf.Tensor, transposed?: 'a' | 'b'): tf.Tensor {
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
