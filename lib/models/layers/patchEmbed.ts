import * as tf from '../../tensor/engine/tf';
import { conv2d } from '../../tensor/ops/convolution/convolution';
import type { Random } from '../../tensor/random';
import { constant, truncatedNormal, uniform } from '../initialisers';
import { Parameter } from '../parameter';

/** Standard deviation of the standard normal distribution with its tails cut at ±2. */
const truncatedStd = 0.87962566103423978;

/**
 * Cuts images into square patches and maps each to a token.
 * [batch, height, width, 3] → [batch, (height / patch) · (width / patch), width].
 */
export class PatchEmbed {
  readonly proj: { readonly weight: Parameter<tf.Rank.R4>; readonly bias: Parameter<tf.Rank.R1> };

  /** `init`: PyTorch's default for convolutions, or LeCun's normal with a zero bias, as timm's MLP networks have it. */
  constructor(
    private readonly patch: number,
    private readonly width: number,
    random: Random,
    init: 'pytorch' | 'lecunNormal' = 'pytorch',
  ) {
    const shape: [number, number, number, number] = [patch, patch, 3, width];
    const bound = 1 / Math.sqrt(3 * patch * patch);
    const [weight, bias] =
      init === 'pytorch'
        ? [uniform<tf.Rank.R4>(shape, bound, random), uniform<tf.Rank.R1>([width], bound, random.fork('bias'))]
        : [truncatedNormal<tf.Rank.R4>(shape, bound / truncatedStd, random), constant<tf.Rank.R1>([width], 0)];
    this.proj = { weight: new Parameter(weight, 'conv'), bias: new Parameter(bias, 'plain') };
  }

  apply(images: tf.Tensor4D): tf.Tensor3D {
    const { weight, bias } = this.proj;
    const y = conv2d(images, weight.value, {
      stride: this.patch,
      padding: 0,
      bias: bias.value,
      inputGradient: false,
      precision: weight.precision,
    });
    return tf.reshape(y, [images.shape[0], -1, this.width]);
  }
}
