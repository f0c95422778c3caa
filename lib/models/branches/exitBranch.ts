import type * as tf from '../../tensor/engine/tf';
import type { Feature, Mode, StageShape } from '../model';

export interface BranchOptions {
  /** The student's stage that the branch reads. */
  readonly stage: 1 | 2 | 3 | 4;
  /** The shape of that stage's feature. */
  readonly shape: StageShape;
  /** Widths of the penultimate features of student and teacher. */
  readonly widthStudent: number;
  readonly widthTeacher: number;
  readonly classes: number;
  /** Side of the grid to which a token branch merges its tokens: 7 at 224 px. */
  readonly finalGrid: number;
  /** A layer norm before the last linear layer of a spatial branch, as in SPOFA. Default: false. */
  readonly layerNorm?: boolean;
}

/**
 * An exit branch maps the feature of one stage to logits, so that any student can be compared with any teacher. It is
 * trained with the student and dropped at inference (Hao et al. 2023).
 */
export interface ExitBranch {
  /** Returns logits [batch, classes] of a stage's feature. `tap` is called with the output of each layer. */
  apply(feature: Feature, mode: Mode, tap?: BranchTap): tf.Tensor2D;
}

/** The output may be disposed after the call. */
export type BranchTap = (layer: string, output: tf.Tensor) => void;

/** Calls `tap` with an output and returns the output. */
export function tapped<T extends tf.Tensor>(tap: BranchTap | undefined, layer: string, output: T): T {
  tap?.(layer, output);
  return output;
}
