import { UserError } from '../errors';
import { gelu } from '../tensor/ops/gelu/gelu';
import { globalAveragePool } from '../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';
import { BatchNorm2d } from './layers/batchNorm2d';
import { Conv2d } from './layers/conv2d';
import { Linear } from './layers/linear';
import type { Feature, Mode, StageShape } from './model';
import { PatchMerging } from './layers/patchMerging';
import { TransformerBlock } from './networks/visionTransformer';

/** Where a branch stands and what it maps between. */
export interface BranchOptions {
  /** Which of the student's four stages it reads. */
  readonly stage: 1 | 2 | 3 | 4;
  readonly shape: StageShape;
  /** Penultimate widths of student and teacher. */
  readonly widthStudent: number;
  readonly widthTeacher: number;
  readonly classes: number;
  /** Side of the grid to which tokens are merged: 7 at 224 px. */
  readonly finalGrid: number;
}

/** Projects the feature of one stage into the space of logits; trained with the student and dropped at inference (paper §3.1). */
export interface ExitBranch {
  /** feature as the stage gives it; returns logits [batch, classes]. The tap hears of each layer's output, which is only valid during the call. */
  apply(feature: Feature, mode: Mode, tap?: BranchTap): tf.Tensor2D;
}

export type BranchTap = (layer: string, output: tf.Tensor) => void;

/** What a layer of a branch makes of one image: its kind, and the shape of its output without the batch. */
export interface BranchStep {
  readonly layer: string;
  readonly shape: readonly number[];
}

/** The layers of a branch in order, from one pass of an empty image's feature. */
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

/** The branch that fits the kind of feature. */
export function createExitBranch(options: BranchOptions, random: Random): ExitBranch {
  return options.shape.kind === 'spatial'
    ? new SpatialBranch(options, random)
    : new TokenBranch(options, options.shape, random);
}

/** Depthwise and pointwise convolutions, the first of stride 2, each pair with batch norm and ReLU. Halves height and width. */
class SepConv {
  /** Named as in the released code: a sequence in which 3 and 7 are the ReLUs. */
  readonly op: {
    readonly 0: Conv2d;
    readonly 1: Conv2d;
    readonly 2: BatchNorm2d;
    readonly 4: Conv2d;
    readonly 5: Conv2d;
    readonly 6: BatchNorm2d;
  };

  constructor(channelsIn: number, channels: number, random: Random) {
    // The released code counts the fan-out as PyTorch does, over all groups.
    const depthwise = { filterSize: 3, depthwise: true, fanOut: 9 * channelsIn };
    this.op = {
      0: new Conv2d(channelsIn, channelsIn, { ...depthwise, stride: 2 }, random.fork(0)),
      1: new Conv2d(channelsIn, channelsIn, { filterSize: 1 }, random.fork(1)),
      2: new BatchNorm2d(channelsIn),
      4: new Conv2d(channelsIn, channelsIn, depthwise, random.fork(4)),
      5: new Conv2d(channelsIn, channels, { filterSize: 1 }, random.fork(5)),
      6: new BatchNorm2d(channels),
    };
  }

  apply(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const { op } = this;
    const halved = op[2].apply(op[1].apply(op[0].apply(x)), mode, { activation: 'relu' });
    return op[6].apply(op[5].apply(op[4].apply(halved)), mode, { activation: 'relu' });
  }
}

/** SepConvs down to the last stage's size (a 1×1 convolution at the last stage), average over space, linear layer. */
class SpatialBranch implements ExitBranch {
  readonly body: readonly (SepConv | Conv2d)[];
  readonly head: Linear;

  constructor({ stage, shape, widthStudent, widthTeacher, classes }: BranchOptions, random: Random) {
    const wide = Math.max(widthStudent, widthTeacher);
    const halvings = 4 - stage;
    this.body =
      halvings === 0
        ? [new Conv2d(shape.channels, wide, { filterSize: 1, bias: true }, random.fork('body'))]
        : Array.from({ length: halvings }, (_, i) => {
            const channelsIn = shape.channels * 2 ** i;
            return new SepConv(channelsIn, i === halvings - 1 ? wide : 2 * channelsIn, random.fork(`body.${i}`));
          });
    this.head = new Linear(wide, classes, random.fork('head'));
  }

  apply(feature: Feature, mode: Mode, tap?: BranchTap): tf.Tensor2D {
    const x = this.body.reduce<tf.Tensor4D>((y, layer) => {
      const z = layer instanceof SepConv ? layer.apply(y, mode) : layer.apply(y);
      return tapped(tap, layer instanceof SepConv ? 'SepConv' : '1×1 convolution', z);
    }, feature as tf.Tensor4D);
    return tapped(tap, 'linear', this.head.apply(tapped(tap, 'average', globalAveragePool(x))));
  }
}

/** Patch merging to the final grid, transformer blocks, then the class token (or the mean over tokens) and a linear layer. */
class TokenBranch implements ExitBranch {
  readonly merging: readonly PatchMerging[];
  readonly blocks: readonly TransformerBlock[];
  readonly head: Linear;

  constructor(
    { stage, widthStudent, classes, finalGrid }: BranchOptions,
    private readonly shape: Extract<StageShape, { kind: 'tokens' }>,
    random: Random,
  ) {
    const merges = Math.max(Math.floor(Math.log2(shape.grid / finalGrid)), 0);
    if (shape.grid % 2 ** merges !== 0) {
      throw new UserError(
        `The branch of stage ${stage} merges 2 × 2 tokens ${merges === 1 ? 'once' : `${merges} times`}, and a grid of ${shape.grid} × ${shape.grid} cannot be halved so often. Choose another image size, or a larger finalGrid.`,
      );
    }
    if (merges === 0 && shape.channels !== widthStudent) {
      throw new UserError(
        `The branch of stage ${stage} merges no tokens, so that ${shape.channels} channels would have to be the ${widthStudent} of the student's last stage. Choose a finalGrid smaller than ${shape.grid}.`,
      );
    }
    this.merging = Array.from(
      { length: merges },
      (_, i) => new PatchMerging(i === 0 ? shape.channels : widthStudent, widthStudent, random.fork(`merging.${i}`)),
    );
    this.blocks = Array.from(
      { length: Math.max(4 - stage, 1) },
      (_, i) => new TransformerBlock(widthStudent, 4, 1e-5, random.fork(`blocks.${i}`), { qkvBias: false }),
    );
    this.head = new Linear(widthStudent, classes, random.fork('head'));
  }

  apply(feature: Feature, _: Mode, tap?: BranchTap): tf.Tensor2D {
    const x = feature as tf.Tensor3D;
    const prefix = this.shape.classToken ? 1 : 0;
    const [token, patches] =
      prefix === 1 && this.merging.length > 0
        ? (tf.split(x, [1, x.shape[1] - 1], 1) as [tf.Tensor3D, tf.Tensor3D])
        : [undefined, x];
    const merged = this.merging.reduce((y, layer, i) => tapped(tap, 'patch merging', this.merge(y, layer, i)), patches);
    const joined = token ? tf.concat([token, merged], 1) : merged;
    const y = this.blocks.reduce((z, block) => tapped(tap, 'transformer block', block.apply(z)), joined);
    const [batch, , width] = y.shape;
    const pooled =
      prefix === 1
        ? tapped(tap, 'class token', tf.reshape<tf.Rank.R2>(tf.slice(y, [0, 0, 0], [batch, 1, width]), [batch, width]))
        : tapped(tap, 'average', globalAveragePool(y));
    return tapped(tap, 'linear', this.head.apply(pooled));
  }

  /** [batch, grid², dim] → [batch, grid² / 4, out], with GELU after the first merging and between two. */
  private merge(x: tf.Tensor3D, layer: PatchMerging, index: number): tf.Tensor3D {
    const [batch, tokens, dim] = x.shape;
    const side = Math.sqrt(tokens);
    const merged = layer.apply(tf.reshape(x, [batch, side, side, dim]));
    const y = tf.reshape<tf.Rank.R3>(merged, [batch, tokens / 4, merged.shape[3]]);
    return index === 0 || index < this.merging.length - 1 ? gelu(y) : y;
  }
}

function tapped<T extends tf.Tensor>(tap: BranchTap | undefined, layer: string, output: T): T {
  tap?.(layer, output);
  return output;
}
