import type { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import { LayerNorm, Linear } from './layers';

/** Concatenates 2×2 neighbours, normalises and projects them (Swin Transformer, §3.1). [batch, h, w, width] → [batch, ⌈h / 2⌉, ⌈w / 2⌉, out] */
export class PatchMerging {
  readonly norm: LayerNorm;
  readonly reduction: Linear;

  constructor(width: number, out: number, random: Random) {
    this.norm = new LayerNorm(4 * width, 1e-5);
    this.reduction = new Linear(4 * width, out, random, { bias: false });
  }

  apply(x: tf.Tensor4D): tf.Tensor4D {
    const [batch, grid, , width] = x.shape;
    const half = Math.ceil(grid / 2);
    const even =
      grid % 2 === 0
        ? x
        : tf.pad(x, [
            [0, 0],
            [0, 1],
            [0, 1],
            [0, 0],
          ]);
    const cells = tf.reshape(even, [batch * half, 2, half, 2, width]);
    // Neighbours in the order (row, column) = (0,0), (1,0), (0,1), (1,1).
    const joined = tf.reshape<tf.Rank.R4>(tf.transpose(cells, [0, 2, 3, 1, 4]), [batch, half, half, 4 * width]);
    return this.reduction.apply(this.norm.apply(joined));
  }
}
