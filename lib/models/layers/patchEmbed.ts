import { addBias } from '../../tensor/ops/linear/linear';
import { conv2d } from '../../tensor/ops/convolution/convolution';
import type { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import { constant, Parameter, truncatedNormal, uniform } from '../parameter';

/** Cuts images into patches, each mapped to a token. [batch, height, width, 3] → [batch, (height / patch) · (width / patch), width]. */
export class PatchEmbed {
  readonly proj: { readonly weight: Parameter<tf.Rank.R4>; readonly bias: Parameter<tf.Rank.R1> };

  constructor(
    private readonly patch: number,
    private readonly width: number,
    random: Random,
    start: 'pytorch' | 'lecunNormal' = 'pytorch',
  ) {
    const fanIn = 3 * patch * patch;
    const bound = 1 / Math.sqrt(fanIn);
    const shape: [number, number, number, number] = [patch, patch, 3, width];
    this.proj =
      start === 'pytorch'
        ? {
            weight: new Parameter(uniform<tf.Rank.R4>(shape, bound, random), 'conv'),
            bias: new Parameter(uniform<tf.Rank.R1>([width], bound, random.fork('bias')), 'plain'),
          }
        : {
            // The deviation of a normal whose tails are cut at two is 0.8796 of the whole one's.
            weight: new Parameter(truncatedNormal<tf.Rank.R4>(shape, bound / 0.87962566103423978, random), 'conv'),
            bias: new Parameter(constant<tf.Rank.R1>([width], 0), 'plain'),
          };
  }

  apply(images: tf.Tensor4D): tf.Tensor3D {
    const y = conv2d(images, this.proj.weight.value, {
      stride: this.patch,
      padding: 0,
      inputGradient: false,
      precision: this.proj.weight.precision,
    });
    return tf.reshape(addBias(y, this.proj.bias.value), [images.shape[0], -1, this.width]);
  }
}
