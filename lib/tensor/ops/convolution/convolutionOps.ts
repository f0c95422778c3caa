import { customGradient } from '../../engine/customGradient';
import type { Precision } from '../../engine/execute';
import * as tf from '../../engine/tf';

/** How a filter moves over an image, and the precision of the products. */
export interface Window {
  readonly stride: number;
  /** Zeros added on each of the four sides. */
  readonly padding: number;
  readonly precision: Precision;
}

/** A convolution and its gradients. x [batch, height, width, in]. */
export interface ConvolutionOps {
  convolve(x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor4D;
  inputGrad(dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor;
  filterGrad(dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, window: Window): tf.Tensor;
}

/** The convolution with its own gradients; that of x is 0 and not computed if `inputGradient` is false. */
export function differentiableConvolution(
  { convolve, inputGrad, filterGrad }: ConvolutionOps,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  window: Window,
  inputGradient: boolean,
): tf.Tensor4D {
  return customGradient([x, filter], () => ({
    value: convolve(x, filter, window),
    saved: [x, filter],
    backward: (dy, saved) => {
      const [savedX, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
      return [
        inputGradient ? inputGrad(dy, savedX, savedFilter, window) : tf.zerosLike(savedX),
        filterGrad(dy, savedX, savedFilter, window),
      ];
    },
  }));
}
