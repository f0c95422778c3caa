import * as tf from '../../tensor/engine/tf';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../../tensor/random';
import { BatchNorm2d } from '../layers/batchNorm2d';
import { Conv2d } from '../layers/conv2d';
import { addFusedResidual, blockDrop, type Drop, type DropSchedule } from '../layers/dropPath';
import { Linear } from '../layers/linear';
import type { Mode, Model, Output, Pass, StageShape } from '../model';
import { runBlocks, type NamedBlock } from './runBlocks';

export interface MobileNetV2Options {
  readonly imageSize: number;
  /** Width multiplier: scales all channels, which are then rounded to multiples of 8. */
  readonly multiplier: number;
}

/** The seven groups of blocks in the paper's table 2. The stride is that of the first block of a group. */
const stages = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 2 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1 },
] as const;

/** The groups that end the first three of the four stages. The last stage ends after `convHead`. */
const stageEnds = [1, 2, 4];

/**
 * The first block, which does not expand its input: a depthwise 3×3 convolution, then a linear 1×1 convolution.
 * [batch, height, width, channelsIn] → [batch, height, width, channels].
 */
class DepthwiseSeparable {
  readonly convDw: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly convPw: Conv2d;
  readonly bn2: BatchNorm2d;

  constructor(channelsIn: number, channels: number, random: Random) {
    this.convDw = new Conv2d(channelsIn, channelsIn, { filterSize: 3, depthwise: true }, random.fork('dw'));
    this.bn1 = new BatchNorm2d(channelsIn);
    this.convPw = new Conv2d(channelsIn, channels, { filterSize: 1 }, random.fork('pw'));
    this.bn2 = new BatchNorm2d(channels);
  }

  apply(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return this.bn2.apply(this.convPw.apply(this.bn1.apply(this.convDw.apply(x), mode, { activation: 'relu6' })), mode);
  }
}

/**
 * 1×1 convolution to many channels, depthwise 3×3 convolution, linear 1×1 convolution to few channels; added to the
 * input if the shapes are equal (figure 4d). [batch, height, width, channelsIn] → [batch, height / stride, width /
 * stride, channels].
 */
class InvertedResidual {
  readonly convPw: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly convDw: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly convPwl: Conv2d;
  readonly bn3: BatchNorm2d;
  private readonly skips: boolean;

  constructor(channelsIn: number, channels: number, expansion: number, stride: number, random: Random) {
    const expanded = divisible(channelsIn * expansion);
    this.convPw = new Conv2d(channelsIn, expanded, { filterSize: 1 }, random.fork('pw'));
    this.bn1 = new BatchNorm2d(expanded);
    this.convDw = new Conv2d(expanded, expanded, { filterSize: 3, stride, depthwise: true }, random.fork('dw'));
    this.bn2 = new BatchNorm2d(expanded);
    this.convPwl = new Conv2d(expanded, channels, { filterSize: 1 }, random.fork('pwl'));
    this.bn3 = new BatchNorm2d(channels);
    this.skips = stride === 1 && channelsIn === channels;
  }

  apply(x: tf.Tensor4D, mode: Mode, drop?: Drop): tf.Tensor4D {
    const expanded = this.bn1.apply(this.convPw.apply(x), mode, { activation: 'relu6' });
    const filtered = this.bn2.apply(this.convDw.apply(expanded), mode, { activation: 'relu6' });
    const narrow = this.convPwl.apply(filtered);
    return this.skips
      ? addFusedResidual(x, (residual) => this.bn3.apply(narrow, mode, { residual }), drop)
      : this.bn3.apply(narrow, mode);
  }
}

/** MobileNetV2 (Sandler et al. 2018), timm's `mobilenetv2`. */
export class MobileNetV2 implements Model {
  readonly family = 'cnn';
  readonly headName = 'classifier';
  readonly imageSize: number;
  readonly width: number;
  readonly stageShapes: Model['stageShapes'];
  readonly blockNames: readonly string[];
  readonly convStem: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly blocks: readonly (readonly (DepthwiseSeparable | InvertedResidual)[])[];
  readonly convHead: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly classifier: Linear;

  constructor(
    readonly name: string,
    readonly classes: number,
    { imageSize, multiplier }: MobileNetV2Options,
    random: Random,
  ) {
    const scaled = (channels: number): number => divisible(channels * multiplier);
    const shape = (channels: number, halvings: number): StageShape => ({
      kind: 'spatial',
      channels,
      size: Math.ceil(imageSize / 2 ** halvings),
    });
    this.imageSize = imageSize;
    this.width = Math.max(1280, scaled(1280));
    this.stageShapes = [shape(scaled(24), 2), shape(scaled(32), 3), shape(scaled(96), 4), shape(this.width, 5)];
    this.blockNames = stages.flatMap(({ blocks }, i) => Array.from({ length: blocks }, (_, j) => `blocks.${i}.${j}`));
    this.convStem = new Conv2d(3, scaled(32), { filterSize: 3, stride: 2, inputGradient: false }, random.fork('stem'));
    this.bn1 = new BatchNorm2d(scaled(32));
    this.blocks = stages.map(({ expansion, channels, blocks, stride }, i) =>
      Array.from({ length: blocks }, (_, j) => {
        const channelsIn = scaled(j > 0 ? channels : i > 0 ? stages[i - 1]!.channels : 32);
        const stream = random.fork(`blocks.${i}.${j}`);
        return expansion === 1
          ? new DepthwiseSeparable(channelsIn, scaled(channels), stream)
          : new InvertedResidual(channelsIn, scaled(channels), expansion, j === 0 ? stride : 1, stream);
      }),
    );
    this.convHead = new Conv2d(scaled(320), this.width, { filterSize: 1 }, random.fork('head'));
    this.bn2 = new BatchNorm2d(this.width);
    this.classifier = new Linear(this.width, classes, random.fork('classifier'), { init: 'fanOutUniform' });
  }

  forward(images: tf.Tensor4D, pass: Pass): Output {
    const { mode, tap } = pass;
    let x = tf.tidy(() => this.bn1.apply(this.convStem.apply(images), mode, { activation: 'relu6' }));
    const ends = this.blocks.map((stage, i) => {
      x = runBlocks(
        x,
        stage.map((block, j): NamedBlock<tf.Tensor4D> => {
          const name = `blocks.${i}.${j}`;
          return [name, (y) => block.apply(y, mode, blockDrop(pass, this.blockNames, name, belowFullRate))];
        }),
        tap,
      );
      return x;
    });
    const last = tf.tidy(() => this.bn2.apply(this.convHead.apply(x), mode, { activation: 'relu6' }));
    const pooled = globalAveragePool(last);
    const [a, b, c] = stageEnds.map((i) => ends[i]!) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    return { logits: this.classifier.apply(pooled), stages: [a, b, c, last], pooled };
  }
}

/** timm's schedule for this family: the last block stays below the full rate. */
const belowFullRate: DropSchedule = (index, count) => index / count;

/** Rounds to the nearest multiple of 8, or to the next one if that would remove more than 10 %. */
function divisible(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

/** timm's networks. */
export const mobileNetV2s = {
  mobilenetv2_035: { imageSize: 224, multiplier: 0.35 },
  mobilenetv2_050: { imageSize: 224, multiplier: 0.5 },
  mobilenetv2_075: { imageSize: 224, multiplier: 0.75 },
  mobilenetv2_100: { imageSize: 224, multiplier: 1 },
  mobilenetv2_140: { imageSize: 224, multiplier: 1.4 },
} satisfies Record<string, MobileNetV2Options>;
