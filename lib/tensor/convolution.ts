import { customGradient } from './customGradient';
import { execute, executeIn, hasKernels, isNative, type Attribute, type Precision } from './native';
import * as tf from './tf';

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
  return isNative() ? fused('Conv2D', x, filter, options) : tf.conv2d(x, filter, options.stride, options.padding, 'NHWC', 1, 'floor');
}

/** One filter a channel. x [batch, height, width, channels], filter [height, width, channels, 1]. */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  return isNative()
    ? fused('DepthwiseConv2dNative', x, filter, { ...options, precision: 'float32' })
    : tf.depthwiseConv2d(x, filter, options.stride, options.padding, 'NHWC', 1, 'floor');
}

type Op = 'Conv2D' | 'DepthwiseConv2dNative';

function fused(op: Op, x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const settings = attributes(options);
  const { precision = 'float32' } = options;
  return customGradient([x, filter], () => ({
    value: executeIn(precision, op, [x, filter], settings) as tf.Tensor4D,
    saved: [x, filter],
    backward: (dy, [input, kernel]) => [
      options.inputGradient === false ? tf.zerosLike(input!) : inputGradient(op, dy, input as tf.Tensor4D, kernel as tf.Tensor4D, options),
      filterGradient(op, dy, input as tf.Tensor4D, kernel as tf.Tensor4D, options),
    ],
  }));
}

/**
 * At stride 1 the gradient is itself a convolution, of dy with the filter turned by 180° and its channels exchanged. Else TensorFlow's
 * op for it is given padded sizes: told of the padding instead, it is several times slower on a CPU.
 */
function inputGradient(op: Op, dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor {
  const { stride, padding, precision = 'float32' } = options;
  const size = filter.shape[0];
  return tf.tidy(() => {
    if (stride === 1 && padding < size) {
      const turned = tf.reverse(filter, [0, 1]);
      const exchanged = op === 'Conv2D' ? tf.transpose(turned, [0, 1, 3, 2]) : turned;
      return executeIn(precision, op, [dy, exchanged], attributes({ stride, padding: size - 1 - padding }));
    }
    const [batch, height, width, channels] = x.shape;
    const padded = [batch, height + 2 * padding, width + 2 * padding, channels];
    const whole = executeIn(precision, `${op}BackpropInput`, [tf.tensor1d(padded, 'int32'), filter, dy], attributes({ stride, padding: 0 }));
    return padding === 0 ? whole : tf.slice(whole, [0, padding, padding, 0], x.shape);
  });
}

/** With few channels our own kernel is two to three times faster than TensorFlow's, unless that one computes in bfloat16. */
function filterGradient(op: Op, dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, { stride, padding, precision = 'float32' }: ConvolutionOptions): tf.Tensor {
  const [size, , channelsIn, channels] = filter.shape;
  if (op === 'Conv2D' && hasKernels() && (precision === 'float32' || stride > 1) && channelsIn % 4 === 0 && channels % 8 === 0 && channelsIn * channels <= 64 * 64) {
    return execute('OfaConvolutionFilterGrad', [x, dy], [['size', 'int', size], ['stride', 'int', stride], ['padding', 'int', padding]])[0]!;
  }
  return tf.tidy(() => {
    // TensorFlow's op is several times slower where it is told of padding that is not its own.
    const same = stride === 1 && 2 * padding === size - 1;
    const padded = same || padding === 0 ? x : tf.pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]]);
    return executeIn(precision, `${op}BackpropFilter`, [padded, tf.tensor1d(filter.shape, 'int32'), dy], attributes({ stride, padding: 0 }, same));
  });
}

function attributes({ stride, padding }: ConvolutionOptions, same = false): readonly Attribute[] {
  return [
    ['strides', 'ints', [1, stride, stride, 1]], ['data_format', 'string', 'NHWC'],
    ...(padding === 0
      ? [['padding', 'string', same ? 'SAME' : 'VALID']] as const
      : [['padding', 'string', 'EXPLICIT'], ['explicit_paddings', 'ints', [0, 0, padding, padding, padding, padding, 0, 0]]] as const),
  ];
}
