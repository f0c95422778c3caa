import * as tf from '../../tensor/engine/tf';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../../tensor/random';
import { constant } from '../initialisers';
import { addResidual, constantSchedule, type Drop } from '../layers/dropPath';
import { Linear } from '../layers/linear';
import { Mlp } from '../layers/mlp';
import { PatchEmbed } from '../layers/patchEmbed';
import type { Model, Output, Pass } from '../model';
import { Parameter } from '../parameter';
import { checkImageSize, patchGrid } from './imageSize';
import { blockNames, runTokenBlocks, tokenStages } from './tokenStages';

export interface ResMlpOptions {
  readonly imageSize: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  /** Initial value of the two residual scales of each block; smaller for deeper networks. */
  readonly layerScale: number;
}

/** α · x + β per channel, used instead of a norm (Touvron et al. 2021). [batch, tokens, width] → the same. */
class Affine {
  readonly alpha: Parameter<tf.Rank.R3>;
  readonly beta: Parameter<tf.Rank.R3>;

  constructor(width: number) {
    this.alpha = new Parameter(constant<tf.Rank.R3>([1, 1, width], 1), 'plain');
    this.beta = new Parameter(constant<tf.Rank.R3>([1, 1, width], 0), 'plain');
  }

  apply(x: tf.Tensor3D): tf.Tensor3D {
    return tf.add(tf.mul(x, this.alpha.value), this.beta.value);
  }
}

/**
 * x + scale · linear layer across tokens of affine(x), then x + scale · MLP across channels of affine(x)
 * (Touvron et al. 2021). [batch, tokens, width] → the same.
 */
class ResMlpBlock {
  readonly ls1: Parameter<tf.Rank.R1>;
  readonly ls2: Parameter<tf.Rank.R1>;
  readonly norm1: Affine;
  readonly linearTokens: Linear;
  readonly norm2: Affine;
  readonly mlpChannels: Mlp;

  constructor(tokens: number, { width, layerScale }: ResMlpOptions, random: Random) {
    this.ls1 = new Parameter(constant<tf.Rank.R1>([width], layerScale), 'plain');
    this.ls2 = new Parameter(constant<tf.Rank.R1>([width], layerScale), 'plain');
    this.norm1 = new Affine(width);
    this.linearTokens = new Linear(tokens, tokens, random.fork('tokens'), { init: 'xavierUniform' });
    this.norm2 = new Affine(width);
    this.mlpChannels = new Mlp(width, 4 * width, random.fork('channels'), { init: 'xavierUniform' });
  }

  apply(x: tf.Tensor3D, drop?: Drop): tf.Tensor3D {
    const channelsFirst = tf.transpose<tf.Tensor3D>(this.norm1.apply(x), [0, 2, 1]);
    const acrossTokens = tf.transpose(this.linearTokens.apply(channelsFirst), [0, 2, 1]);
    const mixed = addResidual<tf.Tensor3D>(x, tf.mul(acrossTokens, this.ls1.value), drop);
    const acrossChannels = this.mlpChannels.apply(this.norm2.apply(mixed));
    return addResidual(mixed, tf.mul(acrossChannels, this.ls2.value), drop);
  }
}

/** ResMLP (Touvron et al. 2021), timm's `resmlp`. */
export class ResMlp implements Model {
  readonly family = 'mlp';
  readonly headName = 'head';
  readonly imageSize: number;
  readonly width: number;
  readonly stageShapes: Model['stageShapes'];
  readonly blockNames: readonly string[];
  readonly stem: PatchEmbed;
  readonly blocks: readonly ResMlpBlock[];
  readonly norm: Affine;
  readonly head: Linear;

  constructor(
    readonly name: string,
    readonly classes: number,
    options: ResMlpOptions,
    random: Random,
  ) {
    const { imageSize, patch, width, depth } = options;
    const grid = patchGrid(name, imageSize, patch);
    this.imageSize = imageSize;
    this.width = width;
    this.stageShapes = tokenStages(width, grid, false);
    this.blockNames = blockNames(depth);
    this.stem = new PatchEmbed(patch, width, random.fork('stem'), 'lecunNormal');
    this.blocks = this.blockNames.map((block) => new ResMlpBlock(grid * grid, options, random.fork(block)));
    this.norm = new Affine(width);
    this.head = new Linear(width, classes, random.fork('head'), { init: 'zeros' });
  }

  forward(images: tf.Tensor4D, pass: Pass): Output {
    checkImageSize(this, images);
    const { x, stages } = runTokenBlocks(this.stem.apply(images), this.blocks, pass, constantSchedule);
    const pooled = globalAveragePool(this.norm.apply(x));
    return { logits: this.head.apply(pooled), stages, pooled };
  }
}

/** timm's networks. */
export const resMlps = {
  resmlp_12_224: { imageSize: 224, patch: 16, width: 384, depth: 12, layerScale: 1e-4 },
  resmlp_24_224: { imageSize: 224, patch: 16, width: 384, depth: 24, layerScale: 1e-5 },
  resmlp_36_224: { imageSize: 224, patch: 16, width: 384, depth: 36, layerScale: 1e-6 },
  resmlp_big_24_224: { imageSize: 224, patch: 8, width: 768, depth: 24, layerScale: 1e-6 },
} satisfies Record<string, ResMlpOptions>;
