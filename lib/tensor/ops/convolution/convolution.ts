import { customGradient } from '../../engine/customGradient';
import { depthwise, hasDepthwise } from '../depthwise/depthwise';
import {
  convolvesDirectly,
  directConvolution,
  directFilterGradient,
  directInputGradient,
  filtersDirectly,
} from './directConvolution';
import { executeIn, isNative, type Attribute, type Precision } from '../../engine/native';
import * as tf from '../../engine/tf';

export interface ConvolutionOptions {
  readonly stride: number;
  /** Zeros added on each of the four sides, as in PyTorch. */
  readonly padding: number;
  /** False where the gradient to x is of no use, as for images: it is then not computed. */
  readonly inputGradient?: boolean;
  /** float32 unless told; a depthwise convolution, which waits for memory alone, always is. */
  readonly precision?: Precision;
}

/** x [batch, height, width, in], filter [height, width, in, out]; returns [batch, ⌊(height + 2 · padding − size) / stride⌋ + 1, …, out]. */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  return isNative()
    ? fused('Conv2D', x, filter, options)
    : tf.conv2d(x, filter, options.stride, options.padding, 'NHWC', 1, 'floor');
}

/** One filter a channel. x [batch, height, width, channels], filter [height, width, channels, 1]. */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  if (hasDepthwise(filter, options)) return depthwise(x, filter, options);
  return isNative()
    ? fused('DepthwiseConv2dNative', x, filter, { ...options, precision: 'float32' })
    : tf.depthwiseConv2d(x, filter, options.stride, options.padding, 'NHWC', 1, 'floor');
}

type Op = 'Conv2D' | 'DepthwiseConv2dNative';

function fused(op: Op, x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const { precision = 'float32' } = options,
    window = { ...options, precision };
  const direct = op === 'Conv2D' && convolvesDirectly(filter, window);
  return customGradient([x, filter], () => ({
    value: (direct
      ? directConvolution(x, filter, window)
      : executeIn(precision, op, [x, filter], attributes(options))) as tf.Tensor4D,
    saved: [x, filter],
    backward: (dy, [input, kernel]) => [
      options.inputGradient === false
        ? tf.zerosLike(input!)
        : inputGradient(op, dy, input as tf.Tensor4D, kernel as tf.Tensor4D, options),
      filterGradient(op, dy, input as tf.Tensor4D, kernel as tf.Tensor4D, options),
    ],
  }));
}

/*
 * TensorFlow's ops for gradients are several times slower on a CPU where they are told of explicit padding. Half a filter on each side
 * at stride 1 is its own kind, SAME; else the zeros are put around the image beforehand.
 */

function inputGradient(
  op: Op,
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: ConvolutionOptions,
): tf.Tensor {
  const { stride, padding, precision = 'float32' } = options,
    window = { ...options, precision };
  if (op === 'Conv2D' && convolvesDirectly(filter, window)) return directInputGradient(dy, x, filter, window);
  const { shape } = x;
  const around = isSame(filter, options) ? 0 : padding;
  return tf.tidy(() => {
    const padded = [shape[0], shape[1] + 2 * around, shape[2] + 2 * around, shape[3]];
    const slope = executeIn(
      precision,
      `${op}BackpropInput`,
      [tf.tensor1d(padded, 'int32'), filter, dy],
      kind(stride, around === padding ? 'VALID' : 'SAME'),
    );
    return around === 0 ? slope : tf.slice(slope, [0, around, around, 0], shape);
  });
}

function filterGradient(
  op: Op,
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: ConvolutionOptions,
): tf.Tensor {
  const { stride, padding, precision = 'float32' } = options,
    window = { ...options, precision };
  if (op === 'Conv2D' && filtersDirectly(filter, window)) return directFilterGradient(dy, x, filter, window);
  const around = isSame(filter, options) ? 0 : padding;
  return tf.tidy(() => {
    const padded =
      around === 0
        ? x
        : tf.pad(x, [
            [0, 0],
            [around, around],
            [around, around],
            [0, 0],
          ]);
    return executeIn(
      precision,
      `${op}BackpropFilter`,
      [padded, tf.tensor1d(filter.shape, 'int32'), dy],
      kind(stride, around === padding ? 'VALID' : 'SAME'),
    );
  });
}

function isSame({ shape: [size, width] }: tf.Tensor4D, { stride, padding }: ConvolutionOptions): boolean {
  return size === width && stride === 1 && padding > 0 && 2 * padding === size - 1;
}

function attributes({ stride, padding }: ConvolutionOptions): readonly Attribute[] {
  return padding === 0
    ? kind(stride, 'VALID')
    : [...kind(stride, 'EXPLICIT'), ['explicit_paddings', 'ints', [0, 0, padding, padding, padding, padding, 0, 0]]];
}

function kind(stride: number, padding: 'VALID' | 'SAME' | 'EXPLICIT'): readonly Attribute[] {
  return [
    ['strides', 'ints', [1, stride, stride, 1]],
    ['data_format', 'string', 'NHWC'],
    ['padding', 'string', padding],
  ];
}
