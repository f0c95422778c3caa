import * as tf from '../../tensor/engine/tf';
import { attention } from '../../tensor/ops/attention/attention';
import type { Random } from '../../tensor/random';
import { normal } from '../initialisers';
import { Linear } from '../layers/linear';
import { Parameter } from '../parameter';

/**
 * Self-attention within windows, with a learned bias for the relative position of two tokens (Liu et al. 2021, equation
 * 4).
 */
export class WindowAttention {
  readonly relativePositionBiasTable: Parameter<tf.Rank.R2>;
  readonly qkv: Linear;
  readonly proj: Linear;

  constructor(
    width: number,
    readonly heads: number,
    private readonly window: number,
    random: Random,
  ) {
    this.relativePositionBiasTable = new Parameter(
      normal<tf.Rank.R2>([(2 * window - 1) ** 2, heads], 0.02, random.fork('bias')),
      'plain',
    );
    this.qkv = new Linear(width, 3 * width, random.fork('qkv'));
    this.proj = new Linear(width, width, random.fork('proj'));
  }

  /**
   * x [batch · windows, window², width] → the same. The mask [windows, 1, window², window²] is added to the attention
   * logits; shifted windows need it.
   */
  apply(x: tf.Tensor3D, mask?: tf.Tensor4D): tf.Tensor3D {
    return this.proj.apply(
      attention(this.qkv.apply(x), this.heads, {
        bias: mask ? tf.add<tf.Tensor4D>(this.bias(), mask) : this.bias(),
        precision: this.qkv.weight.precision,
      }),
    );
  }

  /** [1, heads, window², window²] */
  private bias(): tf.Tensor4D {
    const area = this.window ** 2;
    const index = tf.tensor1d(relativePositions(this.window), 'int32');
    const bias = tf.gather(this.relativePositionBiasTable.value, index); // [area · area, heads]
    return tf.expandDims<tf.Tensor4D>(tf.transpose(tf.reshape(bias, [area, area, this.heads]), [2, 0, 1]), 0);
  }
}

/** For each pair of tokens in a window, the row of the bias table for their offset in height and width. */
function relativePositions(window: number): Int32Array {
  const area = window ** 2;
  return Int32Array.from({ length: area * area }, (_, pair) => {
    const [a, b] = [Math.floor(pair / area), pair % area];
    const rows = Math.floor(a / window) - Math.floor(b / window) + window - 1;
    const columns = (a % window) - (b % window) + window - 1;
    return rows * (2 * window - 1) + columns;
  });
}
