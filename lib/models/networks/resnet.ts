import * as tf from '../../tensor/engine/tf';
import type { BatchNormEpilogue } from '../../tensor/ops/batchNorm/batchNorm';
import { maxPool } from '../../tensor/ops/maxPool/maxPool';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import { relu } from '../../tensor/ops/relu/relu';
import type { Random } from '../../tensor/random';
import { BatchNorm2d } from '../layers/batchNorm2d';
import { Conv2d } from '../layers/conv2d';
import { addResidual, blockDrop, type Drop } from '../layers/dropPath';
import { Linear } from '../layers/linear';
import type { Mode, Model, Output, Pass, StageShape } from '../model';
import { runBlocks, type NamedBlock } from './runBlocks';

export interface ResNetOptions {
  readonly imageSize: number;
  readonly block: 'basic' | 'bottleneck';
  /**
   * Blocks of each stage. With three stages (He et al. 2016, section 4.2), the stem counts as the first of the four.
   */
  readonly depths: readonly [number, number, number, number] | readonly [number, number, number];
  /** Channels of the first stage, before a bottleneck multiplies them by four. Each later stage doubles them. */
  readonly channels: number;
  /** `imagenet`: a 7×7 convolution with stride 2 and max pooling. `cifar`: one 3×3 convolution. */
  readonly stem: 'imagenet' | 'cifar';
  /** Starts the scale of each block's last batch norm at 0, so that a block starts as the identity. Default: true. */
  readonly zeroInitLast?: boolean;
}

/**
 * Two 3×3 convolutions added to their input (He et al. 2016, figure 2).
 * [batch, height, width, channelsIn] → [batch, height / stride, width / stride, channels].
 */
export class BasicBlock {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample?: Downsample;

  constructor(channelsIn: number, channels: number, stride: number, zeroInitLast: boolean, random: Random) {
    this.conv1 = new Conv2d(channelsIn, channels, { filterSize: 3, stride }, random.fork('conv1'));
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, { filterSize: 3 }, random.fork('conv2'));
    this.bn2 = new BatchNorm2d(channels, { zeroInit: zeroInitLast });
    if (stride !== 1 || channelsIn !== channels) this.downsample = downsample(channelsIn, channels, stride, random);
  }

  apply(x: tf.Tensor4D, mode: Mode, drop?: Drop): tf.Tensor4D {
    const hidden = this.bn1.apply(this.conv1.apply(x), mode, { activation: 'relu' });
    return addShortcut(shortcut(x, this.downsample, mode), drop, (epilogue) =>
      this.bn2.apply(this.conv2.apply(hidden), mode, epilogue),
    );
  }
}

/**
 * 1×1, 3×3 and 1×1 convolutions added to their input; the last has four times the channels (He et al. 2016, figure 5).
 * [batch, height, width, channelsIn] → [batch, height / stride, width / stride, 4 · channels].
 */
class Bottleneck {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample?: Downsample;

  constructor(channelsIn: number, channels: number, stride: number, zeroInitLast: boolean, random: Random) {
    this.conv1 = new Conv2d(channelsIn, channels, { filterSize: 1 }, random.fork('conv1'));
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, { filterSize: 3, stride }, random.fork('conv2'));
    this.bn2 = new BatchNorm2d(channels);
    this.conv3 = new Conv2d(channels, 4 * channels, { filterSize: 1 }, random.fork('conv3'));
    this.bn3 = new BatchNorm2d(4 * channels, { zeroInit: zeroInitLast });
    if (stride !== 1 || channelsIn !== 4 * channels)
      this.downsample = downsample(channelsIn, 4 * channels, stride, random);
  }

  apply(x: tf.Tensor4D, mode: Mode, drop?: Drop): tf.Tensor4D {
    const narrow = this.bn1.apply(this.conv1.apply(x), mode, { activation: 'relu' });
    const spatial = this.bn2.apply(this.conv2.apply(narrow), mode, { activation: 'relu' });
    return addShortcut(shortcut(x, this.downsample, mode), drop, (epilogue) =>
      this.bn3.apply(this.conv3.apply(spatial), mode, epilogue),
    );
  }
}

type Downsample = readonly [Conv2d, BatchNorm2d];
type Stage = readonly (BasicBlock | Bottleneck)[];

/** Residual network (He et al. 2016), timm's `resnet`. */
export class ResNet implements Model {
  readonly family = 'cnn';
  readonly headName = 'fc';
  readonly imageSize: number;
  readonly width: number;
  readonly stageShapes: Model['stageShapes'];
  readonly blockNames: readonly string[];
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Stage;
  readonly layer2: Stage;
  readonly layer3: Stage;
  readonly layer4?: Stage;
  readonly fc: Linear;

  constructor(
    readonly name: string,
    readonly classes: number,
    private readonly options: ResNetOptions,
    random: Random,
  ) {
    const { imageSize, block, depths, channels, stem, zeroInitLast = true } = options;
    const expansion = block === 'basic' ? 1 : 4;
    const Block = block === 'basic' ? BasicBlock : Bottleneck;
    const stage = (index: 0 | 1 | 2 | 3): Stage => {
      const channelsBefore = index === 0 ? channels : channels * 2 ** (index - 1) * expansion;
      const stageChannels = channels * 2 ** index;
      return Array.from({ length: depths[index] ?? 0 }, (_, i) => {
        const channelsIn = i === 0 ? channelsBefore : stageChannels * expansion;
        const stride = i === 0 && index > 0 ? 2 : 1;
        return new Block(channelsIn, stageChannels, stride, zeroInitLast, random.fork(`layer${index + 1}.${i}`));
      });
    };
    const shape = (index: number): StageShape => ({
      kind: 'spatial',
      channels: channels * 2 ** index * expansion,
      size: Math.ceil(imageSize / (stem === 'imagenet' ? 4 : 1) / 2 ** index),
    });
    this.imageSize = imageSize;
    this.width = channels * 2 ** (depths.length - 1) * expansion;
    this.stageShapes =
      depths.length === 4
        ? [shape(0), shape(1), shape(2), shape(3)]
        : [{ ...shape(0), channels }, shape(0), shape(1), shape(2)];
    this.blockNames = depths.flatMap((depth, i) => Array.from({ length: depth }, (_, j) => `layer${i + 1}.${j}`));
    this.conv1 =
      stem === 'imagenet'
        ? new Conv2d(3, channels, { filterSize: 7, stride: 2, inputGradient: false }, random.fork('conv1'))
        : new Conv2d(3, channels, { filterSize: 3, inputGradient: false }, random.fork('conv1'));
    this.bn1 = new BatchNorm2d(channels);
    this.layer1 = stage(0);
    this.layer2 = stage(1);
    this.layer3 = stage(2);
    if (depths.length === 4) this.layer4 = stage(3);
    this.fc = new Linear(this.width, classes, random.fork('fc'), { init: 'fanInUniform' });
  }

  forward(images: tf.Tensor4D, pass: Pass): Output {
    const { mode, tap } = pass;
    const stem = tf.tidy(() => this.bn1.apply(this.conv1.apply(images), mode, { activation: 'relu' }));
    const first = this.options.stem === 'imagenet' ? maxPool(stem, { size: 3, stride: 2, padding: 1 }) : stem;
    let x = first;
    const run = (name: string, stage: Stage): tf.Tensor4D => {
      x = runBlocks(
        x,
        stage.map((block, i): NamedBlock<tf.Tensor4D> => {
          const path = `${name}.${i}`;
          return [path, (y) => block.apply(y, mode, blockDrop(pass, this.blockNames, path))];
        }),
        tap,
      );
      return x;
    };
    const three = [run('layer1', this.layer1), run('layer2', this.layer2), run('layer3', this.layer3)] as const;
    const stages = this.layer4 ? ([...three, run('layer4', this.layer4)] as const) : ([first, ...three] as const);
    const pooled = globalAveragePool(x);
    return { logits: this.fc.apply(pooled), stages, pooled };
  }
}

function downsample(channelsIn: number, channels: number, stride: number, random: Random): Downsample {
  return [
    new Conv2d(channelsIn, channels, { filterSize: 1, stride }, random.fork('downsample')),
    new BatchNorm2d(channels),
  ];
}

function shortcut(x: tf.Tensor4D, projection: Downsample | undefined, mode: Mode): tf.Tensor4D {
  return projection ? projection[1].apply(projection[0].apply(x), mode) : x;
}

/**
 * ReLU(shortcut + last batch norm of the block). If nothing is dropped, the batch norm computes all of it in one pass
 * over memory.
 */
function addShortcut(
  shortcut: tf.Tensor4D,
  drop: Drop | undefined,
  lastNorm: (epilogue: BatchNormEpilogue) => tf.Tensor4D,
): tf.Tensor4D {
  return drop ? relu(addResidual(shortcut, lastNorm({}), drop)) : lastNorm({ residual: shortcut, activation: 'relu' });
}

/**
 * `resnet20` is RepDistiller's: He et al.'s network for CIFAR, with a projection where the width changes. The other
 * networks for images of 32 pixels are our own, for the `laptop` profile. The rest are timm's.
 */
export const resNets = {
  resnet20: { imageSize: 32, block: 'basic', depths: [3, 3, 3], channels: 16, stem: 'cifar', zeroInitLast: false },
  resnet_16: { imageSize: 32, block: 'basic', depths: [1, 1, 1, 1], channels: 16, stem: 'cifar' },
  resnet_24: { imageSize: 32, block: 'basic', depths: [1, 1, 1, 1], channels: 24, stem: 'cifar' },
  resnet_32: { imageSize: 32, block: 'basic', depths: [2, 2, 2, 2], channels: 32, stem: 'cifar' },
  resnet18: { imageSize: 224, block: 'basic', depths: [2, 2, 2, 2], channels: 64, stem: 'imagenet' },
  resnet26: { imageSize: 224, block: 'bottleneck', depths: [2, 2, 2, 2], channels: 64, stem: 'imagenet' },
  resnet34: { imageSize: 224, block: 'basic', depths: [3, 4, 6, 3], channels: 64, stem: 'imagenet' },
  resnet50: { imageSize: 224, block: 'bottleneck', depths: [3, 4, 6, 3], channels: 64, stem: 'imagenet' },
  resnet101: { imageSize: 224, block: 'bottleneck', depths: [3, 4, 23, 3], channels: 64, stem: 'imagenet' },
  resnet152: { imageSize: 224, block: 'bottleneck', depths: [3, 8, 36, 3], channels: 64, stem: 'imagenet' },
} as const satisfies Record<string, ResNetOptions>;
