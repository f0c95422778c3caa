import type * as tf from '../../tensor/engine/tf';
import { globalAveragePool } from '../../tensor/ops/globalAveragePool/globalAveragePool';
import type { Random } from '../../tensor/random';
import { BatchNorm2d } from '../layers/batchNorm2d';
import { Conv2d } from '../layers/conv2d';
import { LayerNorm } from '../layers/layerNorm';
import { Linear } from '../layers/linear';
import type { Feature, Mode } from '../model';
import { tapped, type BranchOptions, type BranchTap, type ExitBranch } from './exitBranch';

/**
 * The branch of a CNN's stage: 4 − stage separable convolutions, each of which halves height and width (at stage 4 one
 * 1×1 convolution instead), then the mean over positions, a layer norm if required, and a linear layer.
 */
export class SpatialBranch implements ExitBranch {
  readonly body: readonly (SepConv | Conv2d)[];
  readonly norm?: LayerNorm;
  readonly head: Linear;

  constructor({ stage, shape, widthStudent, widthTeacher, classes, layerNorm = false }: BranchOptions, random: Random) {
    const width = Math.max(widthStudent, widthTeacher);
    const halvings = 4 - stage;
    this.body =
      halvings === 0
        ? [new Conv2d(shape.channels, width, { filterSize: 1, bias: true }, random.fork('body'))]
        : Array.from({ length: halvings }, (_, i) => {
            const channelsIn = shape.channels * 2 ** i;
            const channels = i === halvings - 1 ? width : 2 * channelsIn;
            return new SepConv(channelsIn, channels, random.fork(`body.${i}`));
          });
    if (layerNorm) this.norm = new LayerNorm(width, 1e-5);
    this.head = new Linear(width, classes, random.fork('head'));
  }

  apply(feature: Feature, mode: Mode, tap?: BranchTap): tf.Tensor2D {
    const x = this.body.reduce<tf.Tensor4D>(
      (y, layer) =>
        layer instanceof SepConv
          ? tapped(tap, 'SepConv', layer.apply(y, mode))
          : tapped(tap, '1×1 convolution', layer.apply(y)),
      feature as tf.Tensor4D,
    );
    const pooled = tapped(tap, 'average', globalAveragePool(x));
    const normalised = this.norm ? tapped(tap, 'layer norm', this.norm.apply(pooled)) : pooled;
    return tapped(tap, 'linear', this.head.apply(normalised));
  }
}

/**
 * Two pairs of a depthwise 3×3 and a pointwise convolution, each pair followed by batch norm and ReLU. The first
 * depthwise convolution has stride 2. [batch, height, width, channelsIn] → [batch, height / 2, width / 2, channels].
 */
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
    // The released code computes the fan-out as PyTorch does, over all groups.
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
