import type { ImageSize } from '../images/imageSet';
import { compose, type Pixels, type Transform } from './transform';

/** The augmentation of small images since He et al. (2016, §4.2): four black pixels around, a crop of the old size, a flip. */
export const cropAndFlip: Transform = compose(randomCrop(4), randomFlip());

/** A crop of the image's own size from the image with `padding` black pixels around it. */
export function randomCrop(padding: number): Transform {
  return (image, random) => {
    const top = random.integer(2 * padding + 1) - padding;
    const left = random.integer(2 * padding + 1) - padding;
    return window(image, top, left, image);
  };
}

/** Left for right in one image of two. */
export function randomFlip(): Transform {
  return (image, random) => (random.uniform() < 0.5 ? flip(image) : image);
}

/** The image mirrored left to right. */
export function flip({ data, height, width }: Pixels): Pixels {
  const mirrored = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    let to = (row + 1) * width * 3;
    for (let from = row * width * 3; from < (row + 1) * width * 3; from += 3) {
      to -= 3;
      mirrored[to] = data[from]!;
      mirrored[to + 1] = data[from + 1]!;
      mirrored[to + 2] = data[from + 2]!;
    }
  }
  return { data: mirrored, height, width };
}

/** The part of an image that begins at row `top` and column `left`, black where it reaches beyond the image. */
export function window({ data, height, width }: Pixels, top: number, left: number, size: ImageSize): Pixels {
  const cut = new Uint8Array(size.height * size.width * 3);
  const firstColumn = Math.max(0, left);
  const lastColumn = Math.min(width, left + size.width);
  if (firstColumn < lastColumn) {
    for (let row = Math.max(0, top); row < Math.min(height, top + size.height); row++) {
      const start = (row * width + firstColumn) * 3;
      cut.set(
        data.subarray(start, start + (lastColumn - firstColumn) * 3),
        ((row - top) * size.width + firstColumn - left) * 3,
      );
    }
  }
  return { data: cut, height: size.height, width: size.width };
}
