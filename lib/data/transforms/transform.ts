import type { Random } from '../../tensor/random';
import type { ImageSize, Pixels } from '../image';

/** Returns a changed copy of an image. Random choices are drawn from `random`. */
export type Transform = (image: Pixels, random: Random) => Pixels;

/** Changes the normalised values [height, width, 3] of one image in place. */
export type NormalisedTransform = (values: Float32Array, size: ImageSize, random: Random) => void;

/** The transforms of one image on its way into a batch. */
export interface ImageTransforms {
  /** Before normalisation. */
  readonly transform?: Transform;
  /** After normalisation. */
  readonly normalisedTransform?: NormalisedTransform;
}

/** Applies transforms one after the other. */
export function compose(...transforms: readonly Transform[]): Transform {
  return (image, random) => transforms.reduce((current, transform) => transform(current, random), image);
}
