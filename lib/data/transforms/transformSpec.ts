import type { DatasetInfo } from '../datasets/dataset';
import type { Rgb } from '../image';
import type { Augmentation } from './augmentation';
import { colourJitter } from './colourJitter';
import { cropAndFlip, randomCrop, randomFlip, type CropAndFlip } from './cropAndFlip';
import { resizeAndCrop } from './preprocessing';
import { randAugment } from './randAugment';
import { randomErasing } from './randomErasing';
import { randomResizedCrop } from './randomResizedCrop';
import { resize } from './resize';
import { compose, type ImageTransforms, type Transform } from './transform';

/**
 * How the images of a dataset become input of a network, as plain data that can be passed to worker threads.
 * `imageSize` is the height and width of the input in pixels.
 */
export type TransformSpec =
  | { readonly for: 'training'; readonly imageSize: number; readonly augmentation: Augmentation }
  | { readonly for: 'evaluation'; readonly imageSize: number; readonly cropShare: number };

/** The transforms that a spec means for the images of a dataset (timm's `create_transform`). */
export function createTransforms(
  spec: TransformSpec,
  { size, mean }: Pick<DatasetInfo, 'size' | 'mean'>,
): ImageTransforms {
  const { imageSize } = spec;
  const fits = size.height === imageSize && size.width === imageSize;
  if (spec.for === 'evaluation') {
    const { cropShare } = spec;
    return fits ? {} : { transform: resizeAndCrop({ imageSize, cropShare, interpolation: 'bicubic' }) };
  }
  const { augmentation } = spec;
  const square = { height: imageSize, width: imageSize };
  const resizeWhole: Transform[] = fits ? [] : [(image) => resize(image, square, 'bicubic')];
  if (augmentation === 'none') return { transform: compose(...resizeWhole) };
  if (augmentation === 'crop-flip') return { transform: compose(...resizeWhole, cropAndFlip) };
  const { crop, flip, erasing } = augmentation;
  const transforms = [
    ...(crop?.kind === 'resized' ? [randomResizedCrop(imageSize, crop.area, crop.aspect)] : resizeWhole),
    ...(crop?.kind === 'padded' ? [randomCrop(crop.padding)] : []),
    ...(flip ? [randomFlip()] : []),
    ...colourTransforms(augmentation, mean),
  ];
  return {
    transform: compose(...transforms),
    ...(erasing !== undefined && { normalisedTransform: randomErasing(erasing) }),
  };
}

/** The crop and flip of a spec. Undefined if it resizes images or changes them in other ways. */
export function cropAndFlipOf(spec: TransformSpec, { size }: Pick<DatasetInfo, 'size'>): CropAndFlip | undefined {
  if (spec.for !== 'training' || size.height !== spec.imageSize || size.width !== spec.imageSize) return undefined;
  const { augmentation } = spec;
  if (augmentation === 'none') return { flip: false };
  if (augmentation === 'crop-flip') return { padding: 4, flip: true };
  const { crop, flip, randAugment: operations, colourJitter: strength, erasing } = augmentation;
  const isMore = operations !== undefined || strength !== undefined || erasing !== undefined;
  return isMore || crop?.kind === 'resized' ? undefined : { padding: crop?.padding, flip };
}

/** RandAugment or, without it, colour jitter. */
function colourTransforms(
  { randAugment: options, colourJitter: strength }: Exclude<Augmentation, string>,
  mean: Rgb,
): Transform[] {
  if (options) {
    const byte = (value: number): number => Math.min(255, Math.round(255 * value));
    const { magnitude, spread: std, operations } = options;
    return [randAugment({ magnitude, std, operations, fill: [byte(mean[0]), byte(mean[1]), byte(mean[2])] })];
  }
  return strength === undefined ? [] : [colourJitter(strength)];
}
