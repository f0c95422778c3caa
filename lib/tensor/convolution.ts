import { customGradient } from './customGradient';
import { execute, hasKernels, isNative, type Attribute } from './native';
import * as tf from './tf';

export interface ConvolutionOptions {
  readonly stride: number;
  /** Zeros added on each of the four sides, as in PyTorch. */
  readonly padding: number;
  /** False where the gradient to x is of no use, as for images: it is then not computed. */
  readonly inputGradient?: boolean;
}

/** x [batch, height, width, in], filter [height, width, in, out]; returns [batch, ⌊(height + 2 · padding − size) / stride⌋ + 1, …, out]. */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  return isNative() ? fused('Conv2D', x, filter, options) : tf.conv2d(x, filter, options.stride, options.padding, 'NHWC', 1, 'floor');
}

/** One filter a channel. x [batch, height, width, channels], filter [height, width, channels, 1]. */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  return isNative()
    ? fused('DepthwiseConv2dNative', x, filter, options)
    : tf.depthwiseConv2d(x, filter, options.stride, options.padding, 'NHWC', 1, 'floor');
}

type Op = 'Conv2D' | 'DepthwiseConv2dNative';

function fused(op: Op, x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const settings = attributes(options);
  return customGradient([x, filter], () => ({
    value: execute(op, [x, filter], settings)[0] as tf.Tensor4D,
    saved: [x, filter],
    backward: (dy, [input, kernel]) => [
      options.inputGradient === false ? tf.zerosLike(input!) : inputGradient(op, dy, input!, kernel as tf.Tensor4D, options),
      filterGradient(op, dy, input as tf.Tensor4D, kernel as tf.Tensor4D, options),
    ],
  }));
}

/**
 * At stride 1 the gradient is itself a convolution, of dy with the filter turned by 180° and its channels exchanged; TensorFlow's
 * own op for it is three to seven times slower on a CPU.
 */
function inputGradient(op: Op, dy: tf.Tensor4D, x: tf.Tensor, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor {
  const size = filter.shape[0];
  if (op === 'Conv2D' && options.stride === 1 && options.padding < size) {
    return tf.tidy(() => {
      const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
      return execute(op, [dy, turned], attributes({ stride: 1, padding: size - 1 - options.padding }))[0]!;
    });
  }
  return execute(`${op}BackpropInput`, [tf.tensor1d(x.shape, 'int32'), filter, dy], attributes(options))[0]!;
}

/** With few channels our own kernel is two to three times faster than TensorFlow's. */
function filterGradient(op: Op, dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor {
  const [size, , channelsIn, channels] = filter.shape;
  if (op === 'Conv2D' && hasKernels() && channelsIn % 4 === 0 && channels % 8 === 0 && channelsIn * channels <= 64 * 64) {
    return execute('OfaConvolutionFilterGrad', [x, dy], [['size', 'int', size], ['stride', 'int', options.stride], ['padding', 'int', options.padding]])[0]!;
  }
  return execute(`${op}BackpropFilter`, [x, tf.tensor1d(filter.shape, 'int32'), dy], attributes(options))[0]!;
}

function attributes({ stride, padding }: ConvolutionOptions): readonly Attribute[] {
  return [
    ['T', 'type', 'float32'], ['strides', 'ints', [1, stride, stride, 1]], ['data_format', 'string', 'NHWC'],
    ...(padding === 0
      ? [['padding', 'string', 'VALID']] as const
      : [['padding', 'string', 'EXPLICIT'], ['explicit_paddings', 'ints', [0, 0, padding, padding, padding, padding, 0, 0]]] as const),
  ];
}
