import type { Random } from '../../tensor/random';
import type { ImageSize } from '../image';
import { cropOrPad } from './cropAndFlip';
import { resize } from './resize';
import type { Transform } from './transform';

/** A part of an image: its size and its first row and column. */
export interface Box extends ImageSize {
  readonly top: number;
  readonly left: number;
}

/** The bounds of a random value. */
export type Range = readonly [min: number, max: number];

/**
 * A crop of random area and aspect ratio (Szegedy et al. 2015), resized to a square with a bilinear or bicubic filter
 * at random, as timm does in training. `areas` are shares of the image's area; `aspects` are ratios of width to height.
 */
export function randomResizedCrop(
  imageSize: number,
  areas: Range = [0.08, 1],
  aspects: Range = [3 / 4, 4 / 3],
): Transform {
  return (image, random) => {
    const box = randomBox(image, areas, aspects, random);
    const filter = random.uniform() < 0.5 ? 'bilinear' : 'bicubic';
    return resize(cropOrPad(image, box.top, box.left, box), { height: imageSize, width: imageSize }, filter);
  };
}

/**
 * The box to crop. If ten random ones do not fit, the largest centred one with an allowed aspect ratio (as
 * torchvision).
 */
export function randomBox({ height, width }: ImageSize, areas: Range, aspects: Range, random: Random): Box {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = uniformIn(areas, random) * height * width;
    const aspect = Math.exp(uniformIn([Math.log(aspects[0]), Math.log(aspects[1])], random));
    const boxWidth = Math.round(Math.sqrt(area * aspect));
    const boxHeight = Math.round(Math.sqrt(area / aspect));
    if (boxWidth < 1 || boxHeight < 1 || boxWidth > width || boxHeight > height) continue;
    return {
      top: random.integer(height - boxHeight + 1),
      left: random.integer(width - boxWidth + 1),
      height: boxHeight,
      width: boxWidth,
    };
  }
  const boxWidth = Math.min(width, Math.round(height * aspects[1]));
  const boxHeight = Math.min(height, Math.round(width / aspects[0]));
  return { top: (height - boxHeight) >> 1, left: (width - boxWidth) >> 1, height: boxHeight, width: boxWidth };
}

function uniformIn([min, max]: Range, random: Random): number {
  return min + (max - min) * random.uniform();
}
