import type { Random } from '../../tensor/random';
import type { ImageSize } from '../images/imageSet';

/** One image as bytes, [height, width, 3]. */
export interface Pixels extends ImageSize {
  readonly data: Uint8Array;
}

/** A change to one image, drawn from `random`; the image given is left as it is. */
export type Transform = (image: Pixels, random: Random) => Pixels;

/** One transform after the other. */
export function compose(...transforms: readonly Transform[]): Transform {
  return (image, random) => transforms.reduce((current, transform) => transform(current, random), image);
}
