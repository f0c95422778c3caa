import * as tf from '../../tensor/engine/tf';
import type { Random } from '../../tensor/random';
import { LayerNorm } from './layerNorm';
import { Linear } from './linear';

/**
 * Concatenates 2×2 neighbours, normalises and projects them (Liu et al. 2021, section 3.1).
 * [batch, grid, grid, widthIn] → [batch, ⌈grid / 2⌉, ⌈grid / 2⌉, width].
 */
export class PatchMerging {
  readonly norm: LayerNorm;
  readonly reduction: Linear;

  constructor(widthIn: number, width: number, random: Random) {
    this.norm = new LayerNorm(4 * widthIn, 1e-5);
    this.reduction = new Linear(4 * widthIn, width, random, { bias: false });
  }

  apply(x: tf.Tensor4D): tf.Tensor4D {
    return this.reduction.apply(this.norm.apply(concatenateNeighbours(x)));
  }
}

/** [batch, grid, grid, width] → [batch, ⌈grid / 2⌉, ⌈grid / 2⌉, 4 · width]; an odd grid is padded with zeros. */
function concatenateNeighbours(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, grid, , width] = x.shape;
  const half = Math.ceil(grid / 2);
  const cells = tf.reshape(padToEven(x), [batch * half, 2, half, 2, width]);
  // Neighbours in the order (row, column) = (0,0), (1,0), (0,1), (1,1).
  return tf.reshape<tf.Rank.R4>(tf.transpose(cells, [0, 2, 3, 1, 4]), [batch, half, half, 4 * width]);
}

function padToEven(x: tf.Tensor4D): tf.Tensor4D {
  if (x.shape[1] % 2 === 0) return x;
  const none: [number, number] = [0, 0];
  const oneAtEnd: [number, number] = [0, 1];
  return tf.pad(x, [none, oneAtEnd, oneAtEnd, none]);
}
