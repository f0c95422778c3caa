import { execute, hasKernels, type Attribute } from './native';
import type * as tf from './tf';

/**
 * Convolutions in mixed precision by our own kernels, which round images as they read them: TensorFlow.js has no bfloat16, so that for
 * TensorFlow's ops whole arrays are rounded beforehand and turned back afterwards. Filters [height, width, in, out] are squares.
 */
interface Window {
  readonly stride: number;
  readonly padding: number;
}

/** Beyond so many channels in and out TensorFlow's products are faster by more than the rounding costs, at stride 1. */
const most = 64 * 64;

/** Rows of so many pixels are long enough for one sum of the filter's gradient each. */
const short = 32;

/** Whether our kernels are the faster ones, for the convolution and for its gradient to x. */
export function convolvesRounded({ shape: [size, width, channelsIn, channels] }: tf.Tensor4D, { stride, padding }: Window): boolean {
  return hasKernels() && size === width && channelsIn % 16 === 0 && channels % 16 === 0 && padding < size && (stride > 1 || channelsIn * channels <= most);
}

/** The same for the gradient to the filter, whose sums over many images TensorFlow computes more slowly at any number of channels. */
export function filtersRounded({ shape: [size, width, channelsIn, channels] }: tf.Tensor4D): boolean {
  return hasKernels() && size === width && channelsIn % 8 === 0 && channels % 16 === 0;
}

export function roundedConvolution(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor {
  return execute('OfaConvolution', [x, filter], [...attributes(window), ['turned', 'bool', false]])[0]!;
}

/** The gradient to x [batch, height, width, in]: at stride 1 a convolution by the filter upside down. */
export function roundedInputGradient(dy: tf.Tensor4D, { shape: [, height, width] }: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor {
  const { stride, padding } = window;
  return stride === 1
    ? execute('OfaConvolution', [dy, filter], [...attributes({ stride, padding: filter.shape[0] - 1 - padding }), ['turned', 'bool', true]])[0]!
    : execute('OfaConvolutionInputGrad', [dy, filter], [...attributes(window), ['height', 'int', height], ['width', 'int', width]])[0]!;
}

export function roundedFilterGradient(dy: tf.Tensor4D, x: tf.Tensor4D, { shape: [size] }: tf.Tensor4D, window: Window): tf.Tensor {
  const name = dy.shape[2] < short ? 'OfaConvolutionFilterGradByPlace' : 'OfaConvolutionFilterGradRounded';
  return execute(name, [x, dy], [['size', 'int', size], ...attributes(window)])[0]!;
}

function attributes({ stride, padding }: Window): readonly Attribute[] {
  return [['stride', 'int', stride], ['padding', 'int', padding]];
}
