import { composite } from '../../engine/composite';
import type { Precision } from '../../engine/execute';
import { isNative } from '../../engine/native';
import * as tf from '../../engine/tf';
import { addBias } from '../linear/addBias';
import { linear } from '../linear/linear';
import * as kernels from './convolutionKernels';
import { differentiableConvolution } from './convolutionOps';
import * as tensorflow from './tensorflowConvolution';

export interface ConvolutionOptions {
  readonly stride: number;
  /** Zeros added on each of the four sides, as in PyTorch. */
  readonly padding: number;
  /** [out] */
  readonly bias?: tf.Tensor1D;
  /** Whether the gradient of x is computed. Default: true. It is not needed for images, and takes time. */
  readonly inputGradient?: boolean;
  /** Default: float32. */
  readonly precision?: Precision;
}

/**
 * Convolution of x [batch, height, width, in] with filter [height, width, in, out]. Returns
 * [batch, ⌊(height + 2 · padding − filter height) / stride⌋ + 1, …, out].
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const { stride, padding, bias, precision } = options;
  return composite('Convolution', { x, filter, bias }, { stride, padding }, () =>
    tf.tidy(() => {
      const [filterHeight, filterWidth, channelsIn, channels] = filter.shape;
      const isPointwise = filterHeight === 1 && filterWidth === 1 && stride === 1 && padding === 0;
      if (isPointwise) return linear(x, tf.reshape(filter, [channelsIn, channels]), { bias, precision });
      const y = isNative() ? native(x, filter, options) : tf.conv2d(x, filter, stride, padding, 'NHWC', 1, 'floor');
      return bias ? addBias(y, bias) : y;
    }),
  );
}

/** By our kernels where they are faster, otherwise by TensorFlow's ops. */
function native(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride, padding, inputGradient = true, precision = 'float32' }: ConvolutionOptions,
): tf.Tensor4D {
  const window = { stride, padding, precision };
  const { convolve, inputGrad } = kernels.supportsConvolution(filter, window) ? kernels : tensorflow.conv2d;
  const { filterGrad } = kernels.supportsFilterGrad(filter, window) ? kernels : tensorflow.conv2d;
  return differentiableConvolution({ convolve, inputGrad, filterGrad }, x, filter, window, inputGradient);
}
