import { UserError } from '../../errors';
import * as tf from '../../tensor/engine/tf';
import { gelu } from '../../tensor/ops/gelu/gelu';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../../tensor/random';
import { Linear } from '../layers/linear';
import { PatchMerging } from '../layers/patchMerging';
import type { Feature, Mode, StageShape } from '../model';
import { TransformerBlock } from '../networks/visionTransformer';
import { tapped, type BranchOptions, type BranchTap, type ExitBranch } from './exitBranch';

type TokenShape = Extract<StageShape, { kind: 'tokens' }>;

/**
 * The branch of a stage of tokens: patch merging down to the final grid, transformer blocks, then the class token (or
 * the mean over tokens if there is none) and a linear layer.
 */
export class TokenBranch implements ExitBranch {
  readonly merging: readonly PatchMerging[];
  readonly blocks: readonly TransformerBlock[];
  readonly head: Linear;

  /**
   * Throws a UserError if the grid cannot be merged as often as needed, or if the widths do not fit without merging.
   */
  constructor(
    { stage, widthStudent, classes, finalGrid }: BranchOptions,
    private readonly shape: TokenShape,
    random: Random,
  ) {
    const merges = Math.max(Math.floor(Math.log2(shape.grid / finalGrid)), 0);
    checkMerges(merges, stage, shape, widthStudent);
    this.merging = Array.from({ length: merges }, (_, i) => {
      const widthIn = i === 0 ? shape.channels : widthStudent;
      return new PatchMerging(widthIn, widthStudent, random.fork(`merging.${i}`));
    });
    this.blocks = Array.from(
      { length: Math.max(4 - stage, 1) },
      (_, i) => new TransformerBlock(widthStudent, 4, 1e-5, random.fork(`blocks.${i}`), { qkvBias: false }),
    );
    this.head = new Linear(widthStudent, classes, random.fork('head'));
  }

  apply(feature: Feature, _: Mode, tap?: BranchTap): tf.Tensor2D {
    const merged = this.mergeTokens(feature as tf.Tensor3D, tap);
    const x = this.blocks.reduce((y, block) => tapped(tap, 'transformer block', block.apply(y)), merged);
    const pooled = this.shape.classToken
      ? tapped(tap, 'class token', firstToken(x))
      : tapped(tap, 'average', globalAveragePool(x));
    return tapped(tap, 'linear', this.head.apply(pooled));
  }

  /** Merges the grid of tokens; a class token passes unchanged. */
  private mergeTokens(x: tf.Tensor3D, tap: BranchTap | undefined): tf.Tensor3D {
    const mergeAll = (patches: tf.Tensor3D): tf.Tensor3D =>
      this.merging.reduce((y, layer, i) => tapped(tap, 'patch merging', this.merge(y, layer, i)), patches);
    if (!this.shape.classToken || this.merging.length === 0) return mergeAll(x);
    const [token, patches] = tf.split(x, [1, x.shape[1] - 1], 1) as [tf.Tensor3D, tf.Tensor3D];
    return tf.concat([token, mergeAll(patches)], 1);
  }

  /**
   * [batch, grid², widthIn] → [batch, grid² / 4, width]. GELU follows every merging but the last, and also a single
   * one, as in the released code.
   */
  private merge(x: tf.Tensor3D, layer: PatchMerging, index: number): tf.Tensor3D {
    const [batch, tokens, widthIn] = x.shape;
    const side = Math.sqrt(tokens);
    const merged = layer.apply(tf.reshape(x, [batch, side, side, widthIn]));
    const y = tf.reshape<tf.Rank.R3>(merged, [batch, tokens / 4, merged.shape[3]]);
    return index === 0 || index < this.merging.length - 1 ? gelu(y) : y;
  }
}

/** [batch, tokens, width] → [batch, width]. */
function firstToken(x: tf.Tensor3D): tf.Tensor2D {
  const [batch, , width] = x.shape;
  return tf.reshape<tf.Rank.R2>(tf.slice(x, [0, 0, 0], [batch, 1, width]), [batch, width]);
}

function checkMerges(merges: number, stage: number, { grid, channels }: TokenShape, widthStudent: number): void {
  if (grid % 2 ** merges !== 0)
    throw new UserError(
      `The branch of stage ${stage} merges 2 × 2 tokens ${merges === 1 ? 'once' : `${merges} times`}, ` +
        `which a grid of ${grid} × ${grid} does not allow. Choose another image size, or a larger finalGrid.`,
    );
  if (merges === 0 && channels !== widthStudent)
    throw new UserError(
      `The branch of stage ${stage} merges no tokens, so the stage's ${channels} channels must equal the ` +
        `${widthStudent} of the student's penultimate feature. Choose a finalGrid smaller than ${grid}.`,
    );
}
