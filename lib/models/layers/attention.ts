import type * as tf from '../../tensor/engine/tf';
import { attention } from '../../tensor/ops/attention/attention';
import type { Random } from '../../tensor/random';
import { Linear } from './linear';

/** Multi-head self-attention (Vaswani et al. 2017). [batch, tokens, width] → the same. */
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

  /** With a residual of the same shape, adds it to the result in the same pass over memory. */
  apply(x: tf.Tensor3D, residual?: tf.Tensor3D): tf.Tensor3D {
    const attended = attention(this.qkv.apply(x), this.heads, { precision: this.qkv.weight.precision });
    return this.proj.apply(attended, residual);
  }
}
