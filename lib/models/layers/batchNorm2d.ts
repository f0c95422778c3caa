import * as tf from '../../tensor/engine/tf';
import { batchNormEval, batchNormTrain, type BatchNormEpilogue } from '../../tensor/ops/batchNorm/batchNorm';
import { constant } from '../initialisers';
import type { Mode } from '../model';
import { Parameter } from '../parameter';

export interface BatchNorm2dOptions {
  /** Added to the variance. Default: 1e-5, as in PyTorch. */
  readonly epsilon?: number;
  /** Weight of the new batch in the running averages. Default: 0.1, as in PyTorch. */
  readonly momentum?: number;
  /**
   * Starts the scale at 0 instead of 1. As the last layer of a residual branch, this makes the block start as the
   * identity.
   */
  readonly zeroInit?: boolean;
}

/**
 * Batch normalisation over batch, height and width (Ioffe and Szegedy 2015). [batch, height, width, channels] → the
 * same.
 */
export class BatchNorm2d {
  readonly weight: Parameter<tf.Rank.R1>;
  readonly bias: Parameter<tf.Rank.R1>;
  readonly runningMean: Parameter<tf.Rank.R1>;
  readonly runningVar: Parameter<tf.Rank.R1>;

  constructor(
    channels: number,
    private readonly options: BatchNorm2dOptions = {},
  ) {
    this.weight = new Parameter(constant<tf.Rank.R1>([channels], options.zeroInit ? 0 : 1), 'plain');
    this.bias = new Parameter(constant<tf.Rank.R1>([channels], 0), 'plain');
    this.runningMean = new Parameter(constant<tf.Rank.R1>([channels], 0), 'plain', false);
    this.runningVar = new Parameter(constant<tf.Rank.R1>([channels], 1), 'plain', false);
  }

  /**
   * Normalises x, then applies the epilogue (adding a residual, an activation) in the same pass over memory. In `train`
   * mode it uses the statistics of the batch and updates the running averages; in `eval` mode it uses the running
   * averages.
   */
  apply(x: tf.Tensor4D, mode: Mode, epilogue: BatchNormEpilogue = {}): tf.Tensor4D {
    const { epsilon = 1e-5, momentum = 0.1 } = this.options;
    const state = {
      scale: this.weight.value,
      offset: this.bias.value,
      mean: this.runningMean.value,
      variance: this.runningVar.value,
    };
    if (mode === 'eval') return batchNormEval(x, state, epsilon, epilogue);

    const { y, mean, variance } = batchNormTrain(x, state, { epsilon, momentum }, epilogue);
    this.runningMean.variable.assign(mean);
    this.runningVar.variable.assign(variance);
    tf.dispose([mean, variance]);
    return y;
  }
}
