import * as tf from '../../tensor/engine/tf';
import { fusedSwinBlock } from '../../tensor/ops/blocks/swinBlock/swinBlock';
import type { Random } from '../../tensor/random';
import { addFusedResidual, addResidual, type Drop } from '../layers/dropPath';
import { LayerNorm } from '../layers/layerNorm';
import { Mlp } from '../layers/mlp';
import { WindowAttention } from './windowAttention';

export interface SwinBlockOptions {
  readonly heads: number;
  /** Side of the windows in tokens; reduced to the grid's side if that is smaller. */
  readonly window: number;
  /** Side of the grid of tokens. */
  readonly grid: number;
  /** Shifts the windows by half their side, if there is more than one window. */
  readonly shifted: boolean;
}

/**
 * A pre-norm transformer block with attention within windows (Liu et al. 2021, figure 3b).
 * [batch, grid, grid, width] → the same.
 */
export class SwinBlock {
  readonly norm1: LayerNorm;
  readonly attn: WindowAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly window: number;
  private readonly grid: number;
  private readonly shift: number;

  constructor(width: number, { heads, window, grid, shifted }: SwinBlockOptions, random: Random) {
    this.grid = grid;
    this.window = Math.min(window, grid);
    this.shift = shifted && grid > window ? Math.floor(window / 2) : 0;
    this.norm1 = new LayerNorm(width, 1e-5);
    this.attn = new WindowAttention(width, heads, this.window, random.fork('attn'));
    this.norm2 = new LayerNorm(width, 1e-5);
    this.mlp = new Mlp(width, 4 * width, random.fork('mlp'));
  }

  apply(x: tf.Tensor4D, drop?: Drop): tf.Tensor4D {
    const fused = drop ? undefined : this.applyFused(x);
    if (fused) return fused;
    const attended = addResidual(x, this.attend(this.norm1.apply(x)), drop);
    return addFusedResidual(attended, (to) => this.mlp.apply(this.norm2.apply(attended), to), drop);
  }

  private applyFused(x: tf.Tensor4D): tf.Tensor4D | undefined {
    const { norm1, attn, norm2, mlp, window, shift } = this;
    return fusedSwinBlock(
      x,
      {
        norm1: norm1.values,
        qkv: attn.qkv.values,
        biasTable: attn.relativePositionBiasTable.value,
        proj: attn.proj.values,
        norm2: norm2.values,
        fc1: mlp.fc1.values,
        fc2: mlp.fc2.values,
      },
      { window, shift, epsilon: norm1.epsilon, precision: attn.qkv.weight.precision },
    );
  }

  /**
   * Shifts the grid, computes attention within each window, and shifts back. Incomplete windows are padded with zeros.
   */
  private attend(x: tf.Tensor4D): tf.Tensor4D {
    const { grid, window, shift } = this;
    const [batch, , , width] = x.shape;
    const side = Math.ceil(grid / window);
    const filling = side * window - grid;
    const shifted = roll(x, shift);
    const filled =
      filling > 0
        ? tf.pad(shifted, [
            [0, 0],
            [0, filling],
            [0, filling],
            [0, 0],
          ])
        : shifted;
    const cut = tf.transpose(tf.reshape(filled, [batch * side, window, side, window, width]), [0, 2, 1, 3, 4]);
    const attended = this.attn.apply(tf.reshape(cut, [batch * side * side, window * window, width]), this.mask(side));
    const joined = tf.transpose(tf.reshape(attended, [batch * side, side, window, window, width]), [0, 2, 1, 3, 4]);
    const whole = tf.reshape<tf.Rank.R4>(joined, [batch, side * window, side * window, width]);
    return roll(filling > 0 ? tf.slice(whole, [0, 0, 0, 0], x.shape) : whole, grid - shift);
  }

  /**
   * Returns what is added to the attention scores: −100 for two tokens of a window that the shift brought together from
   * opposite ends of the grid, and 0 for all others. Shape: [side², 1, window², window²].
   */
  private mask(side: number): tf.Tensor4D | undefined {
    const { window, shift } = this;
    if (shift === 0) return undefined;
    const area = window * window;
    const end = side * window;
    const region = (at: number): number => (at < end - window ? 0 : at < end - shift ? 1 : 2);
    const regionOf = (cell: number, token: number): number =>
      3 * region(Math.floor(cell / side) * window + Math.floor(token / window)) +
      region((cell % side) * window + (token % window));
    const values = Float32Array.from({ length: side * side * area * area }, (_, i) => {
      const cell = Math.floor(i / (area * area));
      return regionOf(cell, Math.floor(i / area) % area) === regionOf(cell, i % area) ? 0 : -100;
    });
    return tf.tensor4d(values, [side * side, 1, area, area]);
  }
}

/** Shifts the grid up and left by `shift` rows and columns, cyclically. */
function roll(x: tf.Tensor4D, shift: number): tf.Tensor4D {
  const [, grid] = x.shape;
  if (shift % grid === 0) return x;
  return [1, 2].reduce((y, axis) => {
    const [first, rest] = tf.split(y, [shift, grid - shift], axis) as [tf.Tensor4D, tf.Tensor4D];
    return tf.concat([rest, first], axis);
  }, x);
}
