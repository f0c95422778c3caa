import type * as tf from '../../tensor/engine/tf';
import { conv2d } from '../../tensor/ops/convolution/convolution';
import { depthwiseConv2d } from '../../tensor/ops/depthwise/depthwise';
import type { Random } from '../../tensor/random';
import { constant, kaimingNormal, normal } from '../initialisers';
import { Parameter } from '../parameter';

export interface Conv2dOptions {
  /** Height and width of the filter. */
  readonly filterSize: number;
  /** Default: 1. */
  readonly stride?: number;
  /** Rows and columns of zeros on each side. Default: half the filter size, rounded down. */
  readonly padding?: number;
  /** Default: no bias. */
  readonly bias?: boolean;
  /** One filter per channel: PyTorch's `groups = channels`. */
  readonly depthwise?: boolean;
  /** Set to false for a network's first layer: images need no gradient. Default: true. */
  readonly inputGradient?: boolean;
  /** Initial weights: Kaiming normal over the fan-out (default), or normal with std 0.02 (ConvNeXt). */
  readonly init?: 'kaimingNormal' | 'normal';
  /** Fan-out of the Kaiming initialisation. Default: that of one group. */
  readonly fanOut?: number;
}

/** Convolution. [batch, height, width, channelsIn] → [batch, height / stride, width / stride, channels]. */
export class Conv2d {
  readonly weight: Parameter<tf.Rank.R4>;
  readonly bias?: Parameter<tf.Rank.R1>;

  constructor(
    channelsIn: number,
    channels: number,
    private readonly options: Conv2dOptions,
    random: Random,
  ) {
    const { filterSize, depthwise = false, bias = false, init = 'kaimingNormal' } = options;
    const shape: [number, number, number, number] = depthwise
      ? [filterSize, filterSize, channels, 1]
      : [filterSize, filterSize, channelsIn, channels];
    const fanOut = options.fanOut ?? filterSize ** 2 * shape[3];
    const initial =
      init === 'normal' ? normal<tf.Rank.R4>(shape, 0.02, random) : kaimingNormal<tf.Rank.R4>(shape, fanOut, random);
    this.weight = new Parameter(initial, depthwise ? 'depthwise' : 'conv');
    if (bias) this.bias = new Parameter(constant<tf.Rank.R1>([channels], 0), 'plain');
  }

  apply(x: tf.Tensor4D): tf.Tensor4D {
    const {
      filterSize,
      stride = 1,
      padding = Math.floor(filterSize / 2),
      depthwise,
      inputGradient = true,
    } = this.options;
    const options = { stride, padding, bias: this.bias?.value, inputGradient, precision: this.weight.precision };
    return depthwise ? depthwiseConv2d(x, this.weight.value, options) : conv2d(x, this.weight.value, options);
  }
}
