import * as tf from '../../tensor/engine/tf';
import { fusedMixerBlock } from '../../tensor/ops/blocks/mixerBlock/mixerBlock';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../../tensor/random';
import { addFusedResidual, addResidual, constantSchedule, type Drop } from '../layers/dropPath';
import { LayerNorm } from '../layers/layerNorm';
import { Linear } from '../layers/linear';
import { Mlp } from '../layers/mlp';
import { PatchEmbed } from '../layers/patchEmbed';
import type { Model, Output, Pass } from '../model';
import { checkImageSize, patchGrid } from './imageSize';
import { blockNames, runTokenBlocks, tokenStages } from './tokenStages';

export interface MlpMixerOptions {
  readonly imageSize: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
}

/**
 * x + MLP across tokens of norm(x), then x + MLP across channels of norm(x) (Tolstikhin et al. 2021).
 * [batch, tokens, width] → the same.
 */
export class MixerBlock {
  readonly norm1: LayerNorm;
  readonly mlpTokens: Mlp;
  readonly norm2: LayerNorm;
  readonly mlpChannels: Mlp;

  constructor(tokens: number, width: number, random: Random) {
    this.norm1 = new LayerNorm(width, 1e-6);
    this.mlpTokens = new Mlp(tokens, Math.floor(width / 2), random.fork('tokens'), { init: 'xavierUniform' });
    this.norm2 = new LayerNorm(width, 1e-6);
    this.mlpChannels = new Mlp(width, 4 * width, random.fork('channels'), { init: 'xavierUniform' });
  }

  apply(x: tf.Tensor3D, drop?: Drop): tf.Tensor3D {
    const fused = drop ? undefined : this.applyFused(x);
    if (fused) return fused;
    const { norm1, mlpTokens, norm2, mlpChannels } = this;
    const channelsFirst = tf.transpose<tf.Tensor3D>(norm1.apply(x), [0, 2, 1]);
    const acrossTokens = tf.transpose<tf.Tensor3D>(mlpTokens.apply(channelsFirst), [0, 2, 1]);
    const mixed = addResidual(x, acrossTokens, drop);
    return addFusedResidual(mixed, (to) => mlpChannels.apply(norm2.apply(mixed), to), drop);
  }

  private applyFused(x: tf.Tensor3D): tf.Tensor3D | undefined {
    const { norm1, mlpTokens, norm2, mlpChannels } = this;
    return fusedMixerBlock(
      x,
      {
        norm1: norm1.values,
        tokens1: mlpTokens.fc1.values,
        tokens2: mlpTokens.fc2.values,
        norm2: norm2.values,
        channels1: mlpChannels.fc1.values,
        channels2: mlpChannels.fc2.values,
      },
      { epsilon: norm1.epsilon, precision: mlpTokens.fc1.weight.precision },
    );
  }
}

/** MLP-Mixer (Tolstikhin et al. 2021), timm's `mlp_mixer`. */
export class MlpMixer implements Model {
  readonly family = 'mlp';
  readonly headName = 'head';
  readonly imageSize: number;
  readonly width: number;
  readonly stageShapes: Model['stageShapes'];
  readonly blockNames: readonly string[];
  readonly stem: PatchEmbed;
  readonly blocks: readonly MixerBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(
    readonly name: string,
    readonly classes: number,
    { imageSize, patch, width, depth }: MlpMixerOptions,
    random: Random,
  ) {
    const grid = patchGrid(name, imageSize, patch);
    this.imageSize = imageSize;
    this.width = width;
    this.stageShapes = tokenStages(width, grid, false);
    this.blockNames = blockNames(depth);
    this.stem = new PatchEmbed(patch, width, random.fork('stem'), 'lecunNormal');
    this.blocks = this.blockNames.map((block) => new MixerBlock(grid * grid, width, random.fork(block)));
    this.norm = new LayerNorm(width, 1e-6);
    this.head = new Linear(width, classes, random.fork('head'), { init: 'zeros' });
  }

  forward(images: tf.Tensor4D, pass: Pass): Output {
    checkImageSize(this, images);
    const { x, stages } = runTokenBlocks(this.stem.apply(images), this.blocks, pass, constantSchedule);
    const pooled = globalAveragePool(this.norm.apply(x));
    return { logits: this.head.apply(pooled), stages, pooled };
  }
}

/** The networks for images of 32 pixels are our own, for the `laptop` profile; the others are timm's. */
export const mlpMixers = {
  mixer_64: { imageSize: 32, patch: 4, width: 64, depth: 4 },
  mixer_96: { imageSize: 32, patch: 4, width: 96, depth: 6 },
  mixer_128: { imageSize: 32, patch: 4, width: 128, depth: 8 },
  mixer_s32_224: { imageSize: 224, patch: 32, width: 512, depth: 8 },
  mixer_s16_224: { imageSize: 224, patch: 16, width: 512, depth: 8 },
  mixer_b32_224: { imageSize: 224, patch: 32, width: 768, depth: 12 },
  mixer_b16_224: { imageSize: 224, patch: 16, width: 768, depth: 12 },
  mixer_l32_224: { imageSize: 224, patch: 32, width: 1024, depth: 24 },
  mixer_l16_224: { imageSize: 224, patch: 16, width: 1024, depth: 24 },
} satisfies Record<string, MlpMixerOptions>;
