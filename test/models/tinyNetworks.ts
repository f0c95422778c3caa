import { ConvNeXt } from '../../lib/models/networks/convNeXt';
import { MlpMixer } from '../../lib/models/networks/mlpMixer';
import { MobileNetV2 } from '../../lib/models/networks/mobileNetV2';
import type { Model } from '../../lib/models/model';
import { ResMlp } from '../../lib/models/networks/resMlp';
import { ResNet } from '../../lib/models/networks/resnet';
import { SwinTransformer } from '../../lib/models/networks/swinTransformer';
import { VisionTransformer } from '../../lib/models/networks/visionTransformer';
import { Random } from '../../lib/tensor/random';

/** One small network of each architecture, with sizes that are not powers of two if it allows them. */
export const tinyNetworks: Readonly<Record<string, (classes?: number, seed?: number) => Model>> = {
  basicResNet: (classes = 5, seed = 1) =>
    new ResNet(
      'basic',
      classes,
      { imageSize: 37, block: 'basic', depths: [1, 2, 1, 1], channels: 8, stem: 'imagenet' },
      new Random(seed),
    ),
  bottleneckResNet: (classes = 5, seed = 1) =>
    new ResNet(
      'bottleneck',
      classes,
      { imageSize: 21, block: 'bottleneck', depths: [1, 1, 1, 1], channels: 8, stem: 'cifar' },
      new Random(seed),
    ),
  threeStageResNet: (classes = 5, seed = 1) =>
    new ResNet(
      'three stages',
      classes,
      { imageSize: 15, block: 'basic', depths: [2, 1, 1], channels: 8, stem: 'cifar', zeroInitLast: false },
      new Random(seed),
    ),
  mobileNetV2: (classes = 5, seed = 1) =>
    new MobileNetV2('mobile', classes, { imageSize: 45, multiplier: 0.35 }, new Random(seed)),
  convNeXt: (classes = 5, seed = 1) =>
    new ConvNeXt(
      'convnext',
      classes,
      { imageSize: 39, depths: [1, 1, 2, 1], channels: [8, 16, 24, 32] },
      new Random(seed),
    ),
  visionTransformer: (classes = 5, seed = 1) =>
    new VisionTransformer('vit', classes, { imageSize: 20, patch: 4, width: 24, depth: 4, heads: 3 }, new Random(seed)),
  swinTransformer: (classes = 5, seed = 1) =>
    new SwinTransformer(
      'swin',
      classes,
      { imageSize: 28, patch: 2, window: 3, width: 8, depths: [2, 2, 2, 2], heads: [1, 2, 2, 4] },
      new Random(seed),
    ),
  mlpMixer: (classes = 5, seed = 1) =>
    new MlpMixer('mixer', classes, { imageSize: 20, patch: 4, width: 24, depth: 5 }, new Random(seed)),
  resMlp: (classes = 5, seed = 1) =>
    new ResMlp('resmlp', classes, { imageSize: 20, patch: 4, width: 24, depth: 12, layerScale: 0.1 }, new Random(seed)),
};
