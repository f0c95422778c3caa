import { UserError } from '../../errors';
import type { Kernel } from '../../tensor/resampling';
import { window } from '../augmentation/cropAndFlip';
import type { ImageSize } from '../images/imageSet';
import { imageNetNormalisation, type Normalisation } from '../images/normalisation';
import { resize } from '../augmentation/resize';
import { compose, type Transform } from '../augmentation/transform';

/** How a network's weights want their images: timm's `pretrained_cfg`. */
export interface Preprocessing extends Normalisation {
  /** Side of the square that the network sees. */
  readonly imageSize: number;
  /** Share of the resized image's shorter side that the square takes. */
  readonly cropShare: number;
  readonly interpolation: Kernel;
}

/** What timm assumes of weights that say nothing else. */
export const imageNetPreprocessing: Preprocessing = {
  imageSize: 224,
  cropShare: 0.875,
  interpolation: 'bicubic',
  ...imageNetNormalisation,
};

/** timm's transform for evaluation: the shorter side resized to the image size over the crop share, then the square in the centre. */
export function resizeAndCrop({
  imageSize,
  cropShare,
  interpolation,
}: Pick<Preprocessing, 'imageSize' | 'cropShare' | 'interpolation'>): Transform {
  if (!(cropShare > 0 && cropShare <= 1))
    throw new UserError(`The share of the image that is kept must be above 0 and at most 1, not ${cropShare}.`);
  if (!(Number.isInteger(imageSize) && imageSize > 0))
    throw new UserError(`The image size must be a whole number above 0, not ${imageSize}.`);
  return compose(resizeShorterSide(Math.floor(imageSize / cropShare), interpolation), centreCrop(imageSize));
}

/** torchvision's `Resize(side)`: the longer side keeps the proportion, rounded down. */
function resizeShorterSide(side: number, kernel: Kernel): Transform {
  return (image) => resize(image, resizedSize(image, side), kernel);
}

/** The size of an image whose shorter side becomes `shorter`; the longer one is rounded down. */
export function resizedSize({ height, width }: ImageSize, shorter: number): ImageSize {
  const longer = Math.floor((shorter * Math.max(height, width)) / Math.min(height, width));
  return width <= height ? { width: shorter, height: longer } : { width: longer, height: shorter };
}

/** torchvision's `CenterCrop(side)`, with black around images that are smaller. */
export function centreCrop(side: number): Transform {
  return (image) =>
    window(image, centred(image.height - side), centred(image.width - side), { height: side, width: side });
}

/** Half of what is left over, rounded as Python rounds: halves to the even number; of what is missing, the smaller half comes first. */
export function centred(rest: number): number {
  if (rest < 0) return -Math.floor(-rest / 2);
  const half = rest / 2;
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2);
}
