import { attention } from '../../tensor/ops/attention/attention';
import { batchNormEval, batchNormTrain, type BatchNormEpilogue } from '../../tensor/ops/batchNorm/batchNorm';
import { conv2d, depthwiseConv2d } from '../../tensor/ops/convolution/convolution';
import type { LayerValues } from '../../tensor/ops/blocks/fusedBlock';
import { biasGelu } from '../../tensor/ops/gelu/gelu';
import { layerNorm } from '../../tensor/ops/layerNorm/layerNorm';
import { addBias, linear } from '../../tensor/ops/linear/linear';
import type { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import { constant, kaimingNormal, normal, Parameter, uniform } from '../parameter';

/** Whether batch statistics are the batch's own (and running averages move) or the running ones. */
export type Mode = 'train' | 'eval';

export interface Conv2dOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly bias?: boolean;
  /** One filter a channel: PyTorch's groups = channels. */
  readonly depthwise?: boolean;
  /** True for the first layer: images need no gradient. */
  readonly first?: boolean;
  /** How the weights begin: Kaiming's normal over the fan-out, or normal of 0.02 (ConvNeXt). */
  readonly start?: 'kaimingNormal' | 'normal';
  /** That fan-out; of one group unless told. */
  readonly fanOut?: number;
}

/** Convolution; zero padding of half the kernel unless told. [batch, h, w, in] → [batch, h / stride, w / stride, out]. */
export class Conv2d {
  readonly weight: Parameter<tf.Rank.R4>;
  readonly bias?: Parameter<tf.Rank.R1>;

  constructor(
    channelsIn: number,
    channels: number,
    private readonly options: Conv2dOptions,
    random: Random,
  ) {
    const { kernel, depthwise = false, bias = false, start = 'kaimingNormal', fanOut } = options;
    const shape: [number, number, number, number] = [
      kernel,
      kernel,
      ...(depthwise ? ([channels, 1] as const) : ([channelsIn, channels] as const)),
    ];
    const initial =
      start === 'normal'
        ? normal<tf.Rank.R4>(shape, 0.02, random)
        : kaimingNormal<tf.Rank.R4>(shape, fanOut ?? kernel * kernel * shape[3], random);
    this.weight = new Parameter(initial, depthwise ? 'depthwise' : 'conv');
    if (bias) this.bias = new Parameter(constant<tf.Rank.R1>([channels], 0), 'plain');
  }

  apply(x: tf.Tensor4D): tf.Tensor4D {
    const { kernel, stride = 1, padding = Math.floor(kernel / 2), depthwise = false, first = false } = this.options;
    const filter = this.weight.value;
    const options = { stride, padding, inputGradient: !first, precision: this.weight.precision };
    const bias = this.bias?.value;
    if (!depthwise && kernel === 1 && stride === 1 && padding === 0)
      return linear(x, tf.reshape(filter, [filter.shape[2], filter.shape[3]]), {
        bias,
        precision: this.weight.precision,
      });
    const y = depthwise ? depthwiseConv2d(x, filter, options) : conv2d(x, filter, options);
    return bias ? addBias(y, bias) : y;
  }
}

export interface BatchNorm2dOptions {
  readonly epsilon?: number;
  /** Share of the new batch in the running averages. */
  readonly momentum?: number;
  /** True for the last of a residual branch, whose scale begins at 0: the block then begins as the identity. */
  readonly zero?: boolean;
}

/** Batch normalisation over batch, height and width; PyTorch's ε and momentum unless told. */
export class BatchNorm2d {
  readonly weight: Parameter<tf.Rank.R1>;
  readonly bias: Parameter<tf.Rank.R1>;
  readonly runningMean: Parameter<tf.Rank.R1>;
  readonly runningVar: Parameter<tf.Rank.R1>;

  constructor(
    channels: number,
    private readonly options: BatchNorm2dOptions = {},
  ) {
    this.weight = new Parameter(constant<tf.Rank.R1>([channels], options.zero ? 0 : 1), 'plain');
    this.bias = new Parameter(constant<tf.Rank.R1>([channels], 0), 'plain');
    this.runningMean = new Parameter(constant<tf.Rank.R1>([channels], 0), 'plain', false);
    this.runningVar = new Parameter(constant<tf.Rank.R1>([channels], 1), 'plain', false);
  }

  /** Normalises; then adds the residual and cuts negative values, where asked, in the same pass over memory. */
  apply(x: tf.Tensor4D, mode: Mode, epilogue: BatchNormEpilogue = {}): tf.Tensor4D {
    const state = {
      scale: this.weight.value,
      offset: this.bias.value,
      mean: this.runningMean.value,
      variance: this.runningVar.value,
    };
    const { epsilon = 1e-5, momentum = 0.1 } = this.options;
    if (mode === 'eval') return batchNormEval(x, state, epsilon, epilogue);
    const { y, mean, variance } = batchNormTrain(x, state, { epsilon, momentum }, epilogue);
    this.runningMean.variable.assign(mean);
    this.runningVar.variable.assign(variance);
    tf.dispose([mean, variance]);
    return y;
  }
}

export interface LinearOptions {
  readonly bias?: boolean;
  /**
   * How the weights begin: normal of 0.02 (transformers), Xavier's uniform (MLPs), zeros (Mixer's head), uniform over the
   * fan-out (MobileNet's classifier), or, with the bias, uniform over the fan-in (PyTorch's own).
   */
  readonly start?: 'normal' | 'xavierUniform' | 'zeros' | 'fanOutUniform' | 'fanInUniform';
}

/** x · weight + bias over the last axis. */
export class Linear {
  readonly weight: Parameter<tf.Rank.R2>;
  readonly bias?: Parameter<tf.Rank.R1>;

  constructor(widthIn: number, width: number, random: Random, { bias = true, start = 'normal' }: LinearOptions = {}) {
    this.weight = new Parameter(startOf(start, widthIn, width, random), 'linear');
    if (!bias) return;
    this.bias = new Parameter(
      start === 'fanInUniform'
        ? uniform<tf.Rank.R1>([width], 1 / Math.sqrt(widthIn), random.fork('bias'))
        : constant<tf.Rank.R1>([width], 0),
      'plain',
    );
  }

  get values(): LayerValues {
    return { weight: this.weight.value, ...(this.bias && { bias: this.bias.value }) };
  }

  /** With a residual of the result's shape, adds it in the same pass over memory. */
  apply<T extends tf.Tensor>(x: T, residual?: T): T {
    return linear(x, this.weight.value, { bias: this.bias?.value, residual, precision: this.weight.precision });
  }

  /** GELU(x · weight + bias). */
  applyGelu<T extends tf.Tensor>(x: T): T {
    const y = linear(x, this.weight.value, { precision: this.weight.precision });
    return biasGelu(y, this.bias?.value ?? tf.zeros([this.weight.value.shape[1]]));
  }
}

/** Layer normalisation over the last axis. */
export class LayerNorm {
  readonly weight: Parameter<tf.Rank.R1>;
  readonly bias: Parameter<tf.Rank.R1>;

  constructor(
    width: number,
    readonly epsilon: number,
  ) {
    this.weight = new Parameter(constant<tf.Rank.R1>([width], 1), 'plain');
    this.bias = new Parameter(constant<tf.Rank.R1>([width], 0), 'plain');
  }

  get values(): LayerValues {
    return { weight: this.weight.value, bias: this.bias.value };
  }

  apply<T extends tf.Tensor>(x: T): T {
    return layerNorm(x, this.weight.value, this.bias.value, this.epsilon);
  }
}

/** Two linear layers with GELU between. [..., width] → [..., width]. */
export class Mlp {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(width: number, hidden: number, random: Random, options: LinearOptions = {}) {
    this.fc1 = new Linear(width, hidden, random, options);
    this.fc2 = new Linear(hidden, width, random, options);
  }

  apply<T extends tf.Tensor>(x: T, residual?: T): T {
    return this.fc2.apply(this.fc1.applyGelu(x), residual);
  }
}

/** Multi-head self-attention. [batch, tokens, width] → the same. */
export class Attention {
  readonly qkv: Linear;
  readonly proj: Linear;

  constructor(
    width: number,
    readonly heads: number,
    random: Random,
    { qkvBias = true }: { qkvBias?: boolean } = {},
  ) {
    this.qkv = new Linear(width, 3 * width, random, { bias: qkvBias });
    this.proj = new Linear(width, width, random);
  }

  apply(x: tf.Tensor3D, residual?: tf.Tensor3D): tf.Tensor3D {
    return this.proj.apply(
      attention(this.qkv.apply(x), this.heads, { precision: this.qkv.weight.precision }),
      residual,
    );
  }
}

function startOf(
  start: NonNullable<LinearOptions['start']>,
  widthIn: number,
  width: number,
  random: Random,
): tf.Tensor2D {
  switch (start) {
    case 'normal':
      return normal<tf.Rank.R2>([widthIn, width], 0.02, random);
    case 'xavierUniform':
      return uniform<tf.Rank.R2>([widthIn, width], Math.sqrt(6 / (widthIn + width)), random);
    case 'zeros':
      return constant<tf.Rank.R2>([widthIn, width], 0);
    case 'fanOutUniform':
      return uniform<tf.Rank.R2>([widthIn, width], 1 / Math.sqrt(width), random);
    case 'fanInUniform':
      return uniform<tf.Rank.R2>([widthIn, width], 1 / Math.sqrt(widthIn), random);
  }
}
