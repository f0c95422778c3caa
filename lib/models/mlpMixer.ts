import type { Random } from '../tensor/random';
import * as tf from '../tensor/tf';
import { LayerNorm, Linear, Mlp } from './layers';
import type { Feature, Model, Output, Pass } from './model';
import { PatchEmbed } from './patchEmbed';
import { stageEnds, tokenStages } from './tokenStages';
import { variant, type ModelOptions } from './variant';

export interface MlpMixerOptions {
  readonly imageSize: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
}

/** An MLP across tokens, then one across channels, each on a norm and added to its input. [batch, tokens, width] → the same. */
export class MixerBlock {
  readonly norm1: LayerNorm;
  readonly mlpTokens: Mlp;
  readonly norm2: LayerNorm;
  readonly mlpChannels: Mlp;

  constructor(tokens: number, width: number, random: Random) {
    this.norm1 = new LayerNorm(width, 1e-6);
    this.mlpTokens = new Mlp(tokens, Math.floor(width / 2), random.fork('tokens'), { start: 'xavierUniform' });
    this.norm2 = new LayerNorm(width, 1e-6);
    this.mlpChannels = new Mlp(width, 4 * width, random.fork('channels'), { start: 'xavierUniform' });
  }

  apply(x: tf.Tensor3D): tf.Tensor3D {
    const across = this.mlpTokens.apply(tf.transpose<tf.Tensor3D>(this.norm1.apply(x), [0, 2, 1]));
    const mixed = tf.add<tf.Tensor3D>(x, tf.transpose(across, [0, 2, 1]));
    return this.mlpChannels.apply(this.norm2.apply(mixed), mixed);
  }
}

/** MLP-Mixer (Tolstikhin et al. 2021). */
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

  constructor(readonly name: string, readonly classes: number, { imageSize, patch, width, depth }: MlpMixerOptions, random: Random) {
    const grid = imageSize / patch;
    this.imageSize = imageSize;
    this.width = width;
    this.stageShapes = tokenStages(width, grid, false);
    this.blockNames = Array.from({ length: depth }, (_, i) => `blocks.${i}`);
    this.stem = new PatchEmbed(patch, width, random.fork('stem'));
    this.blocks = this.blockNames.map((block) => new MixerBlock(grid * grid, width, random.fork(block)));
    this.norm = new LayerNorm(width, 1e-6);
    this.head = new Linear(width, classes, random.fork('head'), { start: 'zeros' });
  }

  forward(images: tf.Tensor4D, { tap }: Pass): Output {
    let x = this.stem.apply(images);
    const features = this.blocks.map((block, i) => {
      x = tf.tidy(() => block.apply(x));
      tap?.(this.blockNames[i]!, x);
      return x;
    });
    const pooled = tf.mean<tf.Tensor2D>(this.norm.apply(x), 1);
    const [a, b, c, d] = stageEnds(this.blocks.length).map((end): Feature => features[end - 1]!) as [Feature, Feature, Feature, Feature];
    return { logits: this.head.apply(pooled), stages: [a, b, c, d], pooled };
  }
}

/** The small ones are 32-pixel networks of the laptop profile. */
export const mlpMixers = {
  mixer_64: { imageSize: 32, patch: 4, width: 64, depth: 4 },
  mixer_96: { imageSize: 32, patch: 4, width: 96, depth: 6 },
  mixer_128: { imageSize: 32, patch: 4, width: 128, depth: 8 },
  mixer_b16_224: { imageSize: 224, patch: 16, width: 768, depth: 12 },
} satisfies Record<string, MlpMixerOptions>;

export function createMlpMixer(name: string, { classes, imageSize }: ModelOptions, random: Random): MlpMixer {
  const row = variant('network', name, mlpMixers);
  return new MlpMixer(name, classes, { ...row, imageSize: imageSize ?? row.imageSize }, random);
}
