import * as tf from '../../tensor/engine/tf';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../../tensor/random';
import { constant } from '../initialisers';
import { Conv2d } from '../layers/conv2d';
import { addResidual, blockDrop, type Drop } from '../layers/dropPath';
import { LayerNorm } from '../layers/layerNorm';
import { Linear } from '../layers/linear';
import { Mlp } from '../layers/mlp';
import type { Model, Output, Pass, StageShape } from '../model';
import { Parameter } from '../parameter';
import { checkMinImageSize } from './imageSize';
import { runBlocks, type NamedBlock } from './runBlocks';

export interface ConvNeXtOptions {
  readonly imageSize: number;
  /** Blocks and channels of each of the four stages. */
  readonly depths: readonly [number, number, number, number];
  readonly channels: readonly [number, number, number, number];
}

/**
 * Depthwise 7×7 convolution, norm and an MLP with four times the width, scaled and added to the input (figure 4).
 * [batch, height, width, channels] → the same.
 */
class ConvNeXtBlock {
  readonly gamma: Parameter<tf.Rank.R1>;
  readonly convDw: Conv2d;
  readonly norm: LayerNorm;
  readonly mlp: Mlp;

  constructor(channels: number, random: Random) {
    this.gamma = new Parameter(constant<tf.Rank.R1>([channels], 1e-6), 'plain');
    this.convDw = new Conv2d(
      channels,
      channels,
      { filterSize: 7, depthwise: true, bias: true, init: 'normal' },
      random.fork('dw'),
    );
    this.norm = new LayerNorm(channels, 1e-6);
    this.mlp = new Mlp(channels, 4 * channels, random.fork('mlp'));
  }

  apply(x: tf.Tensor4D, drop?: Drop): tf.Tensor4D {
    const hidden = this.mlp.apply(this.norm.apply(this.convDw.apply(x)));
    return addResidual(x, tf.mul(hidden, this.gamma.value), drop);
  }
}

/** A norm and a 2×2 convolution that halves height and width, except in the first stage; then the blocks. */
class Stage {
  readonly downsample?: readonly [LayerNorm, Conv2d];
  readonly blocks: readonly ConvNeXtBlock[];

  constructor(channelsIn: number, channels: number, depth: number, random: Random) {
    if (channelsIn !== channels)
      this.downsample = [
        new LayerNorm(channelsIn, 1e-6),
        patchConvolution(channelsIn, channels, 2, random.fork('downsample')),
      ];
    this.blocks = Array.from({ length: depth }, (_, i) => new ConvNeXtBlock(channels, random.fork(i)));
  }
}

/** ConvNeXt (Liu et al. 2022), timm's `convnext`. */
export class ConvNeXt implements Model {
  readonly family = 'cnn';
  readonly headName = 'head.fc';
  readonly imageSize: number;
  readonly width: number;
  readonly stageShapes: Model['stageShapes'];
  readonly blockNames: readonly string[];
  readonly stem: readonly [Conv2d, LayerNorm];
  readonly stages: readonly [Stage, Stage, Stage, Stage];
  readonly head: { readonly norm: LayerNorm; readonly fc: Linear };

  constructor(
    readonly name: string,
    readonly classes: number,
    { imageSize, depths, channels }: ConvNeXtOptions,
    random: Random,
  ) {
    checkMinImageSize(name, imageSize, 32);
    const shape = (index: 0 | 1 | 2 | 3): StageShape => ({
      kind: 'spatial',
      channels: channels[index],
      size: Math.floor(imageSize / 2 ** (index + 2)),
    });
    const stage = (index: 0 | 1 | 2 | 3, before: 0 | 1 | 2): Stage =>
      new Stage(channels[before], channels[index], depths[index], random.fork(`stages.${index}`));
    this.imageSize = imageSize;
    this.width = channels[3];
    this.stageShapes = [shape(0), shape(1), shape(2), shape(3)];
    this.blockNames = depths.flatMap((depth, i) => Array.from({ length: depth }, (_, j) => `stages.${i}.blocks.${j}`));
    this.stem = [patchConvolution(3, channels[0], 4, random.fork('stem')), new LayerNorm(channels[0], 1e-6)];
    this.stages = [stage(0, 0), stage(1, 0), stage(2, 1), stage(3, 2)];
    this.head = { norm: new LayerNorm(this.width, 1e-6), fc: new Linear(this.width, classes, random.fork('head')) };
  }

  forward(images: tf.Tensor4D, pass: Pass): Output {
    let x = this.stem[1].apply(this.stem[0].apply(images));
    const run = (index: 0 | 1 | 2 | 3): tf.Tensor4D => {
      const { downsample, blocks } = this.stages[index];
      if (downsample) x = downsample[1].apply(downsample[0].apply(x));
      x = runBlocks(
        x,
        blocks.map((block, i): NamedBlock<tf.Tensor4D> => {
          const name = `stages.${index}.blocks.${i}`;
          return [name, (y) => block.apply(y, blockDrop(pass, this.blockNames, name))];
        }),
        pass.tap,
      );
      return x;
    };
    const stages = [run(0), run(1), run(2), run(3)] as const;
    const pooled = this.head.norm.apply(globalAveragePool(x));
    return { logits: this.head.fc.apply(pooled), stages, pooled };
  }
}

/** A convolution whose stride equals its filter size. */
function patchConvolution(channelsIn: number, channels: number, size: number, random: Random): Conv2d {
  return new Conv2d(
    channelsIn,
    channels,
    { filterSize: size, stride: size, padding: 0, bias: true, inputGradient: channelsIn !== 3, init: 'normal' },
    random,
  );
}

/** The networks of Liu et al. 2022, table 9. */
export const convNeXts = {
  convnext_tiny: { imageSize: 224, depths: [3, 3, 9, 3], channels: [96, 192, 384, 768] },
  convnext_small: { imageSize: 224, depths: [3, 3, 27, 3], channels: [96, 192, 384, 768] },
  convnext_base: { imageSize: 224, depths: [3, 3, 27, 3], channels: [128, 256, 512, 1024] },
  convnext_large: { imageSize: 224, depths: [3, 3, 27, 3], channels: [192, 384, 768, 1536] },
} as const satisfies Record<string, ConvNeXtOptions>;
