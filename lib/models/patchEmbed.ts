import { addBias } from '../tensor/linear';
import { conv2d } from '../tensor/convolution';
import type { Random } from '../tensor/random';
import * as tf from '../tensor/tf';
import { constant, Parameter, uniform } from './parameter';

/** Cuts images into patches, each mapped to a token. [batch, height, width, 3] → [batch, (height / patch) · (width / patch), width]. */
export class PatchEmbed {
  readonly proj: { readonly weight: Parameter<tf.Rank.R4>; readonly bias: Parameter<tf.Rank.R1> };

  constructor(private readonly patch: number, private readonly width: number, random: Random) {
    const bound = 1 / Math.sqrt(3 * patch * patch);
    this.proj = {
      weight: new Parameter(uniform<tf.Rank.R4>([patch, patch, 3, width], bound, random), 'conv'),
      bias: new Parameter(constant<tf.Rank.R1>([width], 0), 'plain'),
    };
  }

  apply(images: tf.Tensor4D): tf.Tensor3D {
    const y = conv2d(images, this.proj.weight.value, { stride: this.patch, padding: 0, inputGradient: false });
    return tf.reshape(addBias(y, this.proj.bias.value), [images.shape[0], -1, this.width]);
  }
}
