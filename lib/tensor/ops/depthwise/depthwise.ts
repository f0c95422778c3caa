import { execute, type Attribute } from '../../engine/execute';
import { hasKernels, isNative } from '../../engine/native';
import * as tf from '../../engine/tf';
import type { ConvolutionOptions } from '../convolution/convolution';
import { differentiableConvolution, type ConvolutionOps, type Window } from '../convolution/convolutionOps';
import * as tensorflow from '../convolution/tensorflowConvolution';
import { addBias } from '../linear/addBias';

/**
 * Without a precision: memory limits the speed of a depthwise convolution, so that it is always computed in float32.
 */
export type DepthwiseOptions = Omit<ConvolutionOptions, 'precision'>;

/**
 * Convolution of each channel with its own filter. x [batch, height, width, channels], filter [height, width, channels,
 * 1]; returns [batch, ⌊(height + 2 · padding − filter height) / stride⌋ + 1, …, channels].
 */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: DepthwiseOptions): tf.Tensor4D {
  return tf.tidy(() => {
    const y = convolve(x, filter, options);
    return options.bias ? addBias(y, options.bias) : y;
  });
}

function convolve(x: tf.Tensor4D, filter: tf.Tensor4D, options: DepthwiseOptions): tf.Tensor4D {
  if (!isNative()) return tf.depthwiseConv2d(x, filter, options.stride, options.padding, 'NHWC', 1, 'floor');
  const { stride, padding, inputGradient = true } = options;
  const ops = supportsKernel(filter, options) ? kernels : tensorflow.depthwiseConv2d;
  return differentiableConvolution(ops, x, filter, { stride, padding, precision: 'float32' }, inputGradient);
}

/** Whether our kernels can compute it: square filters of the usual sizes, and channels that fill whole vectors. */
function supportsKernel(
  { shape: [size, width, channels, multiplier] }: tf.Tensor4D,
  { padding }: DepthwiseOptions,
): boolean {
  const isSquare = [3, 5, 7].includes(size) && width === size;
  return isSquare && multiplier === 1 && channels % 16 === 0 && padding < size && hasKernels();
}

/** Our kernels need no padded copy of the image. */
const kernels: ConvolutionOps = {
  convolve: (x, filter, window) => execute('OfaDepthwise', [x, filter], attributesOf(window))[0] as tf.Tensor4D,

  inputGrad: (dy, { shape: [, height, width] }, filter, window) =>
    execute(
      'OfaDepthwiseInputGrad',
      [dy, filter],
      [...attributesOf(window), ['height', 'int', height], ['width', 'int', width]],
    )[0]!,

  filterGrad: (dy, x, { shape: [size] }, window) =>
    execute('OfaDepthwiseFilterGrad', [x, dy], [...attributesOf(window), ['size', 'int', size]])[0]!,
};

function attributesOf({ stride, padding }: Window): readonly Attribute[] {
  return [
    ['stride', 'int', stride],
    ['padding', 'int', padding],
  ];
}
