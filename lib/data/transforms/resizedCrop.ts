import type { Random } from '../../tensor/random';
import type { ResamplingFilter } from '../../tensor/resampling';
import type { ImageSize } from '../image';
import { centreOffset, sizeOfShorterSide } from './preprocessing';
import { randomBox, type Box } from './randomResizedCrop';
import type { TransformSpec } from './transformSpec';

/** Crops an image to `box`, resizes the result to `size`, and crops that to `window` if there is one. */
export interface ResizedCrop {
  readonly box: Box;
  readonly size: ImageSize;
  readonly filter: ResamplingFilter;
  readonly window?: Box;
}

/**
 * The square of an image of any size that a spec takes while the image is decoded: a random resized crop if the
 * augmentation has one, otherwise the centre, as in timm's evaluation.
 */
export function chooseCrop(spec: TransformSpec, random: Random): (size: ImageSize) => ResizedCrop {
  const { imageSize } = spec;
  if (spec.for === 'evaluation') return (size) => centreCrop(size, imageSize, spec.cropShare);
  const crop = typeof spec.augmentation === 'string' ? undefined : spec.augmentation.crop;
  if (crop?.kind !== 'resized') return (size) => centreCrop(size, imageSize, 1);
  return (size) => ({
    box: randomBox(size, crop.area, crop.aspect, random),
    size: { width: imageSize, height: imageSize },
    filter: random.uniform() < 0.5 ? 'bilinear' : 'bicubic',
  });
}

/** The spec without the crop that `chooseCrop` takes, for images that are already cropped. */
export function withoutCrop(spec: TransformSpec): TransformSpec {
  if (spec.for === 'evaluation' || typeof spec.augmentation === 'string') return spec;
  const { crop, ...rest } = spec.augmentation;
  return crop?.kind === 'resized' ? { ...spec, augmentation: rest } : spec;
}

/** Resizes the shorter side to imageSize / cropShare, then takes the square in the centre. */
function centreCrop({ width, height }: ImageSize, imageSize: number, cropShare: number): ResizedCrop {
  const size = sizeOfShorterSide({ width, height }, Math.floor(imageSize / cropShare));
  return {
    box: { top: 0, left: 0, width, height },
    size,
    filter: 'bicubic',
    window: {
      top: centreOffset(size.height - imageSize),
      left: centreOffset(size.width - imageSize),
      width: imageSize,
      height: imageSize,
    },
  };
}
