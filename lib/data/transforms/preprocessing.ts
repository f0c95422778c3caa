import { UserError } from '../../errors';
import type { ResamplingFilter } from '../../tensor/resampling';
import { imageNetNormalisation, type Normalisation } from '../datasets/normalisation';
import type { ImageSize } from '../image';
import { cropOrPad } from './cropAndFlip';
import { resize } from './resize';
import { compose, type Transform } from './transform';

/** The preprocessing that a network's weights expect (timm's `pretrained_cfg`). */
export interface Preprocessing extends Normalisation {
  /** Input height and width in pixels. */
  readonly imageSize: number;
  /** Side of the centre crop as a share of the resized image's shorter side (timm's `crop_pct`). */
  readonly cropShare: number;
  readonly interpolation: ResamplingFilter;
}

/** What timm assumes for weights that state no preprocessing. */
export const imageNetPreprocessing: Preprocessing = {
  imageSize: 224,
  cropShare: 0.875,
  interpolation: 'bicubic',
  ...imageNetNormalisation,
};

/**
 * timm's evaluation transform: resizes the shorter side to imageSize / cropShare, then takes the square in the centre.
 * Throws a UserError for a share outside (0, 1] or a size that is not a positive integer.
 */
export function resizeAndCrop({
  imageSize,
  cropShare,
  interpolation,
}: Pick<Preprocessing, 'imageSize' | 'cropShare' | 'interpolation'>): Transform {
  if (!(cropShare > 0 && cropShare <= 1)) {
    throw new UserError(`The crop share must be above 0 and at most 1, not ${cropShare}.`);
  }
  if (!(Number.isInteger(imageSize) && imageSize > 0)) {
    throw new UserError(`The image size must be a positive integer, not ${imageSize}.`);
  }
  const shorter = Math.floor(imageSize / cropShare);
  return compose((image) => resize(image, sizeOfShorterSide(image, shorter), interpolation), centreCrop(imageSize));
}

/**
 * The size of an image after its shorter side is resized to `shorter` (torchvision's `Resize`); the longer one is
 * rounded down.
 */
export function sizeOfShorterSide({ height, width }: ImageSize, shorter: number): ImageSize {
  const longer = Math.floor((shorter * Math.max(height, width)) / Math.min(height, width));
  return width <= height ? { width: shorter, height: longer } : { width: longer, height: shorter };
}

/** The square in the centre (torchvision's `CenterCrop`); smaller images are padded with black. */
export function centreCrop(imageSize: number): Transform {
  return (image) =>
    cropOrPad(image, centreOffset(image.height - imageSize), centreOffset(image.width - imageSize), {
      height: imageSize,
      width: imageSize,
    });
}

/**
 * The first row or column of a centre crop, given the difference between the image's side and the crop's. Follows
 * torchvision: halves are rounded to even as in Python, and padding (a negative difference) puts the smaller half
 * first.
 */
export function centreOffset(difference: number): number {
  if (difference < 0) return -Math.floor(-difference / 2);
  const half = difference / 2;
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2);
}
