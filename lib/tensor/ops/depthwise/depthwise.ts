import { customGradient } from '../../engine/customGradient';
import { execute, hasKernels, type Attribute } from '../../engine/native';
import * as tf from '../../engine/tf';

interface Window {
  readonly stride: number;
  readonly padding: number;
  readonly inputGradient?: boolean;
}

/** Whether our kernels compute it: they have filters of the usual sides and channels by the vector. */
export function hasDepthwise({ shape: [size, width, channels, each] }: tf.Tensor4D, { padding }: Window): boolean {
  return (
    hasKernels() && [3, 5, 7].includes(size) && width === size && each === 1 && channels % 16 === 0 && padding < size
  );
}

/** A depthwise convolution by our kernels, for which nothing is padded beforehand. x [batch, height, width, channels], filter [size, size, channels, 1]. */
export function depthwise(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride, padding, inputGradient = true }: Window,
): tf.Tensor4D {
  const {
    shape: [, height, width],
  } = x;
  const window: readonly Attribute[] = [
    ['stride', 'int', stride],
    ['padding', 'int', padding],
  ];
  return customGradient([x, filter], () => ({
    value: execute('OfaDepthwise', [x, filter], window)[0] as tf.Tensor4D,
    saved: [x, filter],
    backward: (dy, [input, kernel]) => [
      !inputGradient
        ? tf.zerosLike(input!)
        : execute(
            'OfaDepthwiseInputGrad',
            [dy, kernel!],
            [...window, ['height', 'int', height], ['width', 'int', width]],
          )[0]!,
      execute('OfaDepthwiseFilterGrad', [input!, dy], [...window, ['size', 'int', filter.shape[0]]])[0]!,
    ],
  }));
}
