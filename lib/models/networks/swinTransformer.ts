import type { FileTensor } from '../../io/safetensors/safetensors';
import * as tf from '../../tensor/engine/tf';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../../tensor/random';
import { blockDrop } from '../layers/dropPath';
import { LayerNorm } from '../layers/layerNorm';
import { Linear } from '../layers/linear';
import { PatchEmbed } from '../layers/patchEmbed';
import { PatchMerging } from '../layers/patchMerging';
import type { Model, Output, Pass, StageShape } from '../model';
import { adaptSwinWeights } from '../weights/swinWeights';
import { checkImageSize, patchGrid } from './imageSize';
import { runBlocks, type NamedBlock } from './runBlocks';
import { SwinBlock } from './swinBlock';

export interface SwinTransformerOptions {
  readonly imageSize: number;
  readonly patch: number;
  readonly window: number;
  /** Width of the first stage. Each later stage doubles it. */
  readonly width: number;
  /** Blocks and heads of each of the four stages. */
  readonly depths: readonly [number, number, number, number];
  readonly heads: readonly [number, number, number, number];
}

/** Patch merging, except in the first stage; then blocks with regular and shifted windows in alternation. */
class Stage {
  readonly downsample?: PatchMerging;
  readonly blocks: readonly SwinBlock[];

  constructor(
    { width, heads, window, depths }: SwinTransformerOptions,
    index: 0 | 1 | 2 | 3,
    readonly grid: number,
    random: Random,
  ) {
    if (index > 0)
      this.downsample = new PatchMerging(width * 2 ** (index - 1), width * 2 ** index, random.fork('downsample'));
    this.blocks = Array.from(
      { length: depths[index] },
      (_, i) =>
        new SwinBlock(width * 2 ** index, { heads: heads[index], window, grid, shifted: i % 2 === 1 }, random.fork(i)),
    );
  }
}

/** Swin transformer (Liu et al. 2021), timm's `swin_transformer`. Its stages are tokens [batch, grid², width]. */
export class SwinTransformer implements Model {
  readonly family = 'transformer';
  readonly headName = 'head.fc';
  readonly imageSize: number;
  readonly width: number;
  readonly stageShapes: Model['stageShapes'];
  readonly blockNames: readonly string[];
  readonly patchEmbed: PatchEmbed & { readonly norm: LayerNorm };
  readonly layers: readonly [Stage, Stage, Stage, Stage];
  readonly norm: LayerNorm;
  readonly head: { readonly fc: Linear };

  constructor(
    readonly name: string,
    readonly classes: number,
    options: SwinTransformerOptions,
    random: Random,
  ) {
    const { imageSize, patch, width, depths } = options;
    const grid = patchGrid(name, imageSize, patch);
    const stage = (index: 0 | 1 | 2 | 3): Stage =>
      new Stage(options, index, Math.ceil(grid / 2 ** index), random.fork(`layers.${index}`));
    const shape = (index: number): StageShape => ({
      kind: 'tokens',
      channels: width * 2 ** index,
      grid: Math.ceil(grid / 2 ** index),
      classToken: false,
    });
    this.imageSize = imageSize;
    this.width = 8 * width;
    this.stageShapes = [shape(0), shape(1), shape(2), shape(3)];
    this.blockNames = depths.flatMap((depth, i) => Array.from({ length: depth }, (_, j) => `layers.${i}.blocks.${j}`));
    this.patchEmbed = Object.assign(new PatchEmbed(patch, width, random.fork('patch')), {
      norm: new LayerNorm(width, 1e-5),
    });
    this.layers = [stage(0), stage(1), stage(2), stage(3)];
    this.norm = new LayerNorm(this.width, 1e-5);
    this.head = { fc: new Linear(this.width, classes, random.fork('head')) };
  }

  adaptWeights(stored: ReadonlyMap<string, FileTensor>): ReadonlyMap<string, FileTensor> {
    return adaptSwinWeights(stored, (name) => {
      const [, stage, block] = /^layers\.(\d)\.blocks\.(\d+)\./.exec(name) ?? [];
      return this.layers.at(Number(stage))?.blocks[Number(block)]?.window;
    });
  }

  forward(images: tf.Tensor4D, pass: Pass): Output {
    checkImageSize(this, images);
    const batch = images.shape[0];
    const grid = this.layers[0].grid;
    const embedded = this.patchEmbed.norm.apply(this.patchEmbed.apply(images));
    let x: tf.Tensor4D = tf.reshape(embedded, [batch, grid, grid, embedded.shape[2]]);
    const run = (index: 0 | 1 | 2 | 3): tf.Tensor3D => {
      const { downsample, blocks } = this.layers[index];
      if (downsample) x = downsample.apply(x);
      x = runBlocks(
        x,
        blocks.map((block, i): NamedBlock<tf.Tensor4D> => {
          const name = `layers.${index}.blocks.${i}`;
          return [name, (y) => block.apply(y, blockDrop(pass, this.blockNames, name))];
        }),
        pass.tap,
      );
      return tf.reshape(x, [batch, -1, x.shape[3]]);
    };
    const stages = [run(0), run(1), run(2), run(3)] as const;
    const pooled = globalAveragePool(this.norm.apply(stages[3]));
    return { logits: this.head.fc.apply(pooled), stages, pooled };
  }
}

/** Pico and nano were defined by the authors of OFA-KD; the others are timm's. */
export const swinTransformers = {
  swin_pico_patch4_window7_224: {
    imageSize: 224,
    patch: 4,
    window: 7,
    width: 48,
    depths: [2, 2, 2, 2],
    heads: [2, 4, 8, 16],
  },
  swin_nano_patch4_window7_224: {
    imageSize: 224,
    patch: 4,
    window: 7,
    width: 64,
    depths: [2, 2, 2, 2],
    heads: [2, 4, 8, 16],
  },
  swin_tiny_patch4_window7_224: {
    imageSize: 224,
    patch: 4,
    window: 7,
    width: 96,
    depths: [2, 2, 6, 2],
    heads: [3, 6, 12, 24],
  },
  swin_small_patch4_window7_224: {
    imageSize: 224,
    patch: 4,
    window: 7,
    width: 96,
    depths: [2, 2, 18, 2],
    heads: [3, 6, 12, 24],
  },
  swin_base_patch4_window7_224: {
    imageSize: 224,
    patch: 4,
    window: 7,
    width: 128,
    depths: [2, 2, 18, 2],
    heads: [4, 8, 16, 32],
  },
  swin_large_patch4_window7_224: {
    imageSize: 224,
    patch: 4,
    window: 7,
    width: 192,
    depths: [2, 2, 18, 2],
    heads: [6, 12, 24, 48],
  },
} as const satisfies Record<string, SwinTransformerOptions>;
