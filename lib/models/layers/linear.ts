import * as tf from '../../tensor/engine/tf';
import type { LayerValues } from '../../tensor/ops/blocks/fusedBlock';
import { biasGelu } from '../../tensor/ops/gelu/gelu';
import { linear } from '../../tensor/ops/linear/linear';
import type { Random } from '../../tensor/random';
import { constant, normal, uniform } from '../initialisers';
import { Parameter } from '../parameter';

/**
 * How a linear layer's weights start:
 * - `normal`: std 0.02 (transformers)
 * - `xavierUniform`: bound √(6 / (fanIn + fanOut)) (MLP networks)
 * - `zeros`: the classifiers of MLP networks
 * - `fanOutUniform`: bound 1 / √fanOut (MobileNetV2's classifier)
 * - `fanInUniform`: bound 1 / √fanIn for weights and bias (PyTorch's default)
 *
 * The bias starts at 0, except with `fanInUniform`.
 */
export type LinearInit = 'normal' | 'xavierUniform' | 'zeros' | 'fanOutUniform' | 'fanInUniform';

export interface LinearOptions {
  /** Default: true. */
  readonly bias?: boolean;
  /** Default: `normal`. */
  readonly init?: LinearInit;
}

/** x · weight + bias over the last axis. [..., widthIn] → [..., width]. */
export class Linear {
  readonly weight: Parameter<tf.Rank.R2>;
  readonly bias?: Parameter<tf.Rank.R1>;

  constructor(widthIn: number, width: number, random: Random, { bias = true, init = 'normal' }: LinearOptions = {}) {
    this.weight = new Parameter(initialWeight(init, widthIn, width, random), 'linear');
    if (bias) this.bias = new Parameter(initialBias(init, widthIn, width, random), 'plain');
  }

  get values(): LayerValues {
    return { weight: this.weight.value, ...(this.bias && { bias: this.bias.value }) };
  }

  /** With a residual [..., width], adds it to the result in the same pass over memory. */
  apply<T extends tf.Tensor>(x: T, residual?: T): T {
    return linear(x, this.weight.value, { bias: this.bias?.value, residual, precision: this.weight.precision });
  }

  /** GELU(x · weight + bias). */
  applyGelu<T extends tf.Tensor>(x: T): T {
    const y = linear(x, this.weight.value, { precision: this.weight.precision });
    return biasGelu(y, this.bias?.value ?? tf.zeros([this.weight.value.shape[1]]));
  }
}

function initialWeight(init: LinearInit, widthIn: number, width: number, random: Random): tf.Tensor2D {
  const shape: [number, number] = [widthIn, width];
  switch (init) {
    case 'normal':
      return normal<tf.Rank.R2>(shape, 0.02, random);
    case 'xavierUniform':
      return uniform<tf.Rank.R2>(shape, Math.sqrt(6 / (widthIn + width)), random);
    case 'zeros':
      return constant<tf.Rank.R2>(shape, 0);
    case 'fanOutUniform':
      return uniform<tf.Rank.R2>(shape, 1 / Math.sqrt(width), random);
    case 'fanInUniform':
      return uniform<tf.Rank.R2>(shape, 1 / Math.sqrt(widthIn), random);
  }
}

function initialBias(init: LinearInit, widthIn: number, width: number, random: Random): tf.Tensor1D {
  if (init === 'fanInUniform') return uniform<tf.Rank.R1>([width], 1 / Math.sqrt(widthIn), random.fork('bias'));
  return constant<tf.Rank.R1>([width], 0);
}
