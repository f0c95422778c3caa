import type * as tf from '../../tensor/engine/tf';
import type { LayerValues } from '../../tensor/ops/blocks/fusedBlock';
import { layerNorm } from '../../tensor/ops/layerNorm/layerNorm';
import { constant } from '../initialisers';
import { Parameter } from '../parameter';

/** Layer normalisation over the last axis (Ba et al. 2016). [..., width] → [..., width]. */
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
