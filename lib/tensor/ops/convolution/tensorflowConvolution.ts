import { executeIn, type Attribute } from '../../engine/execute';
import * as tf from '../../engine/tf';
import type { ConvolutionOps, Window } from './convolutionOps';

/** By TensorFlow's ops; filter [height, width, in, out]. */
export const conv2d = convolutionOps('Conv2D');

/** By TensorFlow's ops; filter [height, width, channels, 1]. */
export const depthwiseConv2d = convolutionOps('DepthwiseConv2dNative');

/*
 * TensorFlow's gradient ops are several times slower on a CPU with explicit padding. Padding of half a filter at
 * stride 1 is passed as SAME; otherwise the image is padded here.
 */
function convolutionOps(op: 'Conv2D' | 'DepthwiseConv2dNative'): ConvolutionOps {
  return {
    convolve: (x, filter, window) =>
      executeIn(window.precision, op, [x, filter], forwardAttributes(window)) as tf.Tensor4D,

    inputGrad: (dy, x, filter, window) =>
      tf.tidy(() => {
        const [batch, height, width, channels] = x.shape;
        const { border, attributes } = gradientPadding(filter, window);
        const paddedShape = tf.tensor1d([batch, height + 2 * border, width + 2 * border, channels], 'int32');
        const dx = executeIn(window.precision, `${op}BackpropInput`, [paddedShape, filter, dy], attributes);
        return border === 0 ? dx : tf.slice(dx, [0, border, border, 0], x.shape);
      }),

    filterGrad: (dy, x, filter, window) =>
      tf.tidy(() => {
        const { border, attributes } = gradientPadding(filter, window);
        const padded = border === 0 ? x : padImages(x, border);
        const filterShape = tf.tensor1d(filter.shape, 'int32');
        return executeIn(window.precision, `${op}BackpropFilter`, [padded, filterShape, dy], attributes);
      }),
  };
}

/** The zeros to add to the image before a gradient op, and the attributes of that op. */
function gradientPadding(
  { shape: [height, width] }: tf.Tensor4D,
  { stride, padding }: Window,
): { readonly border: number; readonly attributes: readonly Attribute[] } {
  const isSame = height === width && stride === 1 && padding > 0 && 2 * padding === height - 1;
  return isSame
    ? { border: 0, attributes: attributesOf(stride, 'SAME') }
    : { border: padding, attributes: attributesOf(stride, 'VALID') };
}

function padImages(x: tf.Tensor4D, border: number): tf.Tensor4D {
  const sides: [number, number] = [border, border];
  return tf.pad(x, [[0, 0], sides, sides, [0, 0]]);
}

function forwardAttributes({ stride, padding }: Window): readonly Attribute[] {
  if (padding === 0) return attributesOf(stride, 'VALID');
  const paddings = [0, 0, padding, padding, padding, padding, 0, 0];
  return [...attributesOf(stride, 'EXPLICIT'), ['explicit_paddings', 'ints', paddings]];
}

function attributesOf(stride: number, padding: 'VALID' | 'SAME' | 'EXPLICIT'): readonly Attribute[] {
  return [
    ['strides', 'ints', [1, stride, stride, 1]],
    ['data_format', 'string', 'NHWC'],
    ['padding', 'string', padding],
  ];
}
