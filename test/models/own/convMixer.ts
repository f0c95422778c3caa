import { BatchNorm2d, Conv2d, defineNetwork, gelu, globalAveragePool, Linear, tf } from '../../../lib/models/index';
import type { Random } from '../../../lib/tensor/random';

/** A convolution, GELU and batch norm, as ConvMixer's layers are. */
class ConvLayer {
  readonly conv: Conv2d;
  readonly norm: BatchNorm2d;

  constructor(channelsIn: number, channels: number, options: ConstructorParameters<typeof Conv2d>[2], random: Random) {
    this.conv = new Conv2d(channelsIn, channels, { ...options, bias: true }, random);
    this.norm = new BatchNorm2d(channels);
  }

  apply(x: tf.Tensor4D, mode: 'train' | 'eval'): tf.Tensor4D {
    return this.norm.apply(gelu(this.conv.apply(x)), mode);
  }
}

/** ConvMixer (Trockman and Kolter 2022, arXiv 2201.09792) with four blocks, each a stage. A file of own networks. */
export const convMixer = defineNetwork({
  name: 'convmixer_16',
  family: 'cnn',
  imageSize: 32,
  create: ({ classes }, random) => {
    const width = 16;
    const stem = new ConvLayer(
      3,
      width,
      { filterSize: 4, stride: 4, padding: 0, inputGradient: false },
      random.fork('stem'),
    );
    const blocks = [0, 1, 2, 3].map((i) => ({
      across: new ConvLayer(width, width, { filterSize: 5, depthwise: true }, random.fork(`across ${i}`)),
      channels: new ConvLayer(width, width, { filterSize: 1 }, random.fork(`channels ${i}`)),
    }));
    const head = new Linear(width, classes, random.fork('head'));
    const apply = (i: number, x: tf.Tensor4D, mode: 'train' | 'eval'): tf.Tensor4D =>
      blocks[i]!.channels.apply(tf.add(x, blocks[i]!.across.apply(x, mode)), mode);
    return {
      modules: { stem, blocks, head },
      forward: (images, { mode, tap }) => {
        const a = apply(0, stem.apply(images, mode), mode);
        const b = apply(1, a, mode);
        const c = apply(2, b, mode);
        const d = apply(3, c, mode);
        const stages = [a, b, c, d] as const;
        stages.forEach((stage, i) => tap?.(`blocks.${i}`, stage));
        const pooled = globalAveragePool(d);
        return { logits: head.apply(pooled), stages, pooled };
      },
    };
  },
});

/** A helper that is exported beside the network, as files of own networks may have them. */
export const width = 16;
