import * as tf from '../../tensor/engine/tf';
import type { Random } from '../../tensor/random';
import type { StageShape } from '../model';
import type { BranchOptions, ExitBranch } from './exitBranch';
import { SpatialBranch } from './spatialBranch';
import { TokenBranch } from './tokenBranch';

/** Creates the exit branch for a stage: a spatial branch for a CNN, a token branch for the other families. */
export function createExitBranch(options: BranchOptions, random: Random): ExitBranch {
  return options.shape.kind === 'spatial'
    ? new SpatialBranch(options, random)
    : new TokenBranch(options, options.shape, random);
}

/** A layer of a branch, and the shape of its output without the batch. */
export interface BranchStep {
  readonly layer: string;
  readonly shape: readonly number[];
}

/** Lists the layers of a branch in order, found by one pass of a feature of zeros. */
export function branchSteps(branch: ExitBranch, shape: StageShape): BranchStep[] {
  const steps: BranchStep[] = [];
  tf.tidy(() => {
    const feature =
      shape.kind === 'spatial'
        ? tf.zeros<tf.Rank.R4>([1, shape.size, shape.size, shape.channels])
        : tf.zeros<tf.Rank.R3>([1, shape.grid ** 2 + (shape.classToken ? 1 : 0), shape.channels]);
    branch.apply(feature, 'eval', (layer, output) => steps.push({ layer, shape: output.shape.slice(1) }));
  });
  return steps;
}
