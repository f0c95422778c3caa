import { hasMatrixUnit } from '../../engine/backend';
import { execute, hasKernels, type Attribute, type Precision } from '../../engine/native';
import type * as tf from '../../engine/tf';

/**
 * Convolutions by our own kernels. They multiply patches without copying each and, in mixed precision, round images as they read them: TensorFlow's
 * ops have whole arrays rounded beforehand and turned back afterwards. Filters [height, width, in, out] are squares.
 */
interface Window {
  readonly stride: number;
  readonly padding: number;
  readonly precision: Precision;
}

/** Beyond so many channels in times channels out TensorFlow's products are faster, with a stride, where they have more to copy, beyond more; kernels that use a matrix unit are faster throughout. */
const most = 64 * 64;
const mostWithStride = 256 * 256;

/** A thread adds up all of a filter's gradient image by image where pairs of channels are fewer than so many times the pixels of a slope; else a place of the filter at a time. */
const pairsPerPixel = 64;

/** Whether our kernels are as fast for the convolution, and faster for its gradient to x. */
export function convolvesDirectly(
  { shape: [size, width, channelsIn, channels] }: tf.Tensor4D,
  { stride, padding, precision }: Window,
): boolean {
  const limit =
    precision === 'bfloat16' && (hasMatrixUnit || stride > 1) ? Infinity : stride === 1 ? most : mostWithStride;
  return (
    hasKernels() &&
    size === width &&
    channelsIn % 16 === 0 &&
    channels % 16 === 0 &&
    padding < size &&
    channelsIn * channels <= limit
  );
}

/** The same for the gradient to the filter; in mixed precision TensorFlow computes its sums over many images more slowly at any number of channels. */
export function filtersDirectly(
  { shape: [size, width, channelsIn, channels] }: tf.Tensor4D,
  { precision }: Window,
): boolean {
  if (!hasKernels() || size !== width || channels % 8 !== 0) return false;
  return precision === 'bfloat16' ? channelsIn % 8 === 0 : channelsIn % 4 === 0 && channelsIn * channels <= most;
}

/** x [batch, height, width, in] by a filter that `convolvesDirectly` accepts; returns [batch, …, …, out]. */
export function directConvolution(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor {
  return execute('OfaConvolution', [x, filter], [...attributes(window), rounds(window), ['turned', 'bool', false]])[0]!;
}

/** The gradient to x [batch, height, width, in]: at stride 1 a convolution by the filter upside down. */
export function directInputGradient(
  dy: tf.Tensor4D,
  { shape: [, height, width] }: tf.Tensor4D,
  filter: tf.Tensor4D,
  window: Window,
): tf.Tensor {
  const { stride, padding } = window;
  return stride === 1
    ? execute(
        'OfaConvolution',
        [dy, filter],
        [
          ...attributes({ ...window, padding: filter.shape[0] - 1 - padding }),
          rounds(window),
          ['turned', 'bool', true],
        ],
      )[0]!
    : execute(
        'OfaConvolutionInputGrad',
        [dy, filter],
        [...attributes(window), rounds(window), ['height', 'int', height], ['width', 'int', width]],
      )[0]!;
}

/** The gradient to a filter that `filtersDirectly` accepts: [size, size, in, out]. */
export function directFilterGradient(
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  { shape: [size, , channelsIn, channels] }: tf.Tensor4D,
  window: Window,
): tf.Tensor {
  const byImage = channelsIn * channels < pairsPerPixel * dy.shape[1] * dy.shape[2];
  const name =
    window.precision === 'float32'
      ? 'OfaConvolutionFilterGrad'
      : byImage
        ? 'OfaConvolutionFilterGradRounded'
        : 'OfaConvolutionFilterGradByPlace';
  return execute(name, [x, dy], [['size', 'int', size], ...attributes(window)])[0]!;
}

function attributes({ stride, padding }: Window): readonly Attribute[] {
  return [
    ['stride', 'int', stride],
    ['padding', 'int', padding],
  ];
}

function rounds({ precision }: Window): Attribute {
  return ['rounded', 'bool', precision === 'bfloat16'];
}
