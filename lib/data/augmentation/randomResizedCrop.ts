import type { Random } from '../../tensor/random';
import { window } from './cropAndFlip';
import type { ImageSize } from '../images/imageSet';
import { resize } from './resize';
import type { Transform } from './transform';

/** A part of an image: its size and where it begins. */
export interface Box extends ImageSize {
  readonly top: number;
  readonly left: number;
}

/** The least and the most of something drawn. */
export type Range = readonly [least: number, most: number];

/**
 * A part of random area and aspect ratio (Szegedy et al. 2015), resized to a square with the bilinear or the bicubic kernel, as
 * timm's training does by default.
 */
export function randomResizedCrop(side: number, areas: Range = [0.08, 1], aspects: Range = [3 / 4, 4 / 3]): Transform {
  return (image, random) => {
    const box = randomBox(image, areas, aspects, random);
    return resize(
      window(image, box.top, box.left, box),
      { height: side, width: side },
      random.uniform() < 0.5 ? 'bilinear' : 'bicubic',
    );
  };
}

/** The part to take: ten draws, then the largest in the centre whose aspect ratio is allowed. */
export function randomBox({ height, width }: ImageSize, areas: Range, aspects: Range, random: Random): Box {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = between(areas, random) * height * width;
    const aspect = Math.exp(between([Math.log(aspects[0]), Math.log(aspects[1])], random));
    const wide = Math.round(Math.sqrt(area * aspect));
    const tall = Math.round(Math.sqrt(area / aspect));
    if (wide < 1 || tall < 1 || wide > width || tall > height) continue;
    return {
      top: random.integer(height - tall + 1),
      left: random.integer(width - wide + 1),
      height: tall,
      width: wide,
    };
  }
  const wide = Math.min(width, Math.round(height * aspects[1]));
  const tall = Math.min(height, Math.round(width / aspects[0]));
  return { top: (height - tall) >> 1, left: (width - wide) >> 1, height: tall, width: wide };
}

function between([least, most]: Range, random: Random): number {
  return least + (most - least) * random.uniform();
}
