import type { Random } from '../../tensor/random';
import type { ImageSize, Pixels } from '../image';
import { compose, type Transform } from './transform';

/**
 * The augmentation of He et al. (2016, §4.2) for small images: padding by four black pixels, a random crop, a random
 * flip.
 */
export const cropAndFlip: Transform = compose(randomCrop(4), randomFlip());

/** A random crop of the image's own size after padding with `padding` black pixels on each side. */
export function randomCrop(padding: number): Transform {
  return (image, random) => {
    const { top, left } = drawOffset(padding, random);
    return cropOrPad(image, top, left, image);
  };
}

/** Flips the image horizontally with probability ½. */
export function randomFlip(): Transform {
  return (image, random) => (drawFlip(random) ? flip(image) : image);
}

/** Where a crop begins, and whether it is flipped afterwards. */
export interface Crop {
  /** Negative where the crop begins in the padding. */
  readonly top: number;
  readonly left: number;
  readonly flipped: boolean;
}

/** A random crop, if `padding` is given, and a random flip. */
export interface CropAndFlip {
  readonly padding?: number | undefined;
  readonly flip: boolean;
}

/** Draws what the transforms `randomCrop` and `randomFlip` draw. */
export function drawCrop({ padding, flip: flips }: CropAndFlip, random: Random): Crop {
  const offset = padding === undefined ? { top: 0, left: 0 } : drawOffset(padding, random);
  return { ...offset, flipped: flips && drawFlip(random) };
}

function drawOffset(padding: number, random: Random): Pick<Crop, 'top' | 'left'> {
  const top = random.integer(2 * padding + 1) - padding;
  const left = random.integer(2 * padding + 1) - padding;
  return { top, left };
}

function drawFlip(random: Random): boolean {
  return random.uniform() < 0.5;
}

/** The image flipped horizontally. */
export function flip({ data, height, width }: Pixels): Pixels {
  const flipped = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    let to = (row + 1) * width * 3;
    for (let from = row * width * 3; from < (row + 1) * width * 3; from += 3) {
      to -= 3;
      flipped[to] = data[from]!;
      flipped[to + 1] = data[from + 1]!;
      flipped[to + 2] = data[from + 2]!;
    }
  }
  return { data: flipped, height, width };
}

/**
 * The crop that begins at row `top` and column `left`, which may be negative; black where it lies outside the image.
 */
export function cropOrPad({ data, height, width }: Pixels, top: number, left: number, size: ImageSize): Pixels {
  const cropped = new Uint8Array(size.height * size.width * 3);
  const firstColumn = Math.max(0, left);
  const endColumn = Math.min(width, left + size.width);
  if (firstColumn < endColumn) {
    for (let row = Math.max(0, top); row < Math.min(height, top + size.height); row++) {
      const start = (row * width + firstColumn) * 3;
      const to = ((row - top) * size.width + firstColumn - left) * 3;
      cropped.set(data.subarray(start, start + (endColumn - firstColumn) * 3), to);
    }
  }
  return { data: cropped, height: size.height, width: size.width };
}
