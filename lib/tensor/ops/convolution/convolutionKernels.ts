/*
 * Convolutions by our kernels, with square filters [size, size, in, out]. They multiply the patches of an image without
 * copying each and, in mixed precision, round images as they read them; TensorFlow's ops round whole arrays beforehand
 * and convert the results back.
 */
import { hasMatrixUnit } from '../../engine/backend';
import { execute, type Attribute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import type * as tf from '../../engine/tf';
import type { Window } from './convolutionOps';

/*
 * Beyond this product of input and output channels, TensorFlow's ops are faster. With a stride they have more to copy,
 * so that the limit is higher.
 */
const maxChannelProduct = 64 * 64;
const maxChannelProductWithStride = 256 * 256;

/** Whether our kernels can compute this convolution and the gradient of x, and are at least as fast. */
export function supportsConvolution(
  { shape: [size, width, channelsIn, channels] }: tf.Tensor4D,
  { stride, padding, precision }: Window,
): boolean {
  const isComputable = size === width && channelsIn % 16 === 0 && channels % 16 === 0 && padding < size && hasKernels();
  if (!isComputable) return false;
  if (precision === 'bfloat16' && (hasMatrixUnit || stride > 1)) return true;
  return channelsIn * channels <= (stride === 1 ? maxChannelProduct : maxChannelProductWithStride);
}

/**
 * Whether our kernels can compute the gradient of this filter, and are at least as fast. In mixed precision TensorFlow
 * is slower with any count of channels.
 */
export function supportsFilterGrad(
  { shape: [size, width, channelsIn, channels] }: tf.Tensor4D,
  { precision }: Window,
): boolean {
  if (size !== width || channels % 8 !== 0 || !hasKernels()) return false;
  return precision === 'bfloat16'
    ? channelsIn % 8 === 0
    : channelsIn % 4 === 0 && channelsIn * channels <= maxChannelProduct;
}

/** x [batch, height, width, in]; returns [batch, …, …, out]. */
export function convolve(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor4D {
  const attributes: readonly Attribute[] = [
    ...windowAttributes(window),
    precisionOf(window),
    ['flipped', 'bool', false],
  ];
  return execute('OfaConvolution', [x, filter], attributes)[0] as tf.Tensor4D;
}

/** The gradient of x [batch, height, width, in]: at stride 1, a convolution with the flipped filter. */
export function inputGrad(dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor {
  const [, height, width] = x.shape;
  const [size] = filter.shape;
  const { stride, padding } = window;
  if (stride === 1) {
    const flippedWindow = { ...window, padding: size - 1 - padding };
    return execute(
      'OfaConvolution',
      [dy, filter],
      [...windowAttributes(flippedWindow), precisionOf(window), ['flipped', 'bool', true]],
    )[0]!;
  }
  return execute(
    'OfaConvolutionInputGrad',
    [dy, filter],
    [...windowAttributes(window), precisionOf(window), ['height', 'int', height], ['width', 'int', width]],
  )[0]!;
}

/** The gradient of the filter: [size, size, in, out]. */
export function filterGrad(dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor {
  const attributes: readonly Attribute[] = [['size', 'int', filter.shape[0]], ...windowAttributes(window)];
  return execute(filterGradOp(dy, filter, window), [x, dy], attributes)[0]!;
}

/**
 * In mixed precision a thread sums the gradient of the whole filter image by image, if that gradient is small compared
 * with the images; otherwise it sums one tap of the filter at a time.
 */
function filterGradOp(dy: tf.Tensor4D, filter: tf.Tensor4D, { precision }: Window): string {
  if (precision === 'float32') return 'OfaConvolutionFilterGrad';
  const [, , channelsIn, channels] = filter.shape;
  const pixels = dy.shape[1] * dy.shape[2];
  const isSmall = channelsIn * channels < 64 * pixels;
  return isSmall ? 'OfaConvolutionFilterGradByImage' : 'OfaConvolutionFilterGradByTap';
}

function windowAttributes({ stride, padding }: Window): readonly Attribute[] {
  return [
    ['stride', 'int', stride],
    ['padding', 'int', padding],
  ];
}

function precisionOf({ precision }: Window): Attribute {
  return ['mixed_precision', 'bool', precision === 'bfloat16'];
}
