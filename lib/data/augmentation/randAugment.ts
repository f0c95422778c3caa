import type { Random } from '../../tensor/random';
import type { Kernel } from '../../tensor/resampling';
import { affine, rotate } from './affine';
import { brightness, colour, contrast, sharpness } from './enhance';
import type { Rgb } from '../images/imageSet';
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './tone';
import type { Pixels, Transform } from './transform';

export interface RandAugmentOptions {
  /** From 0 to 10; timm's `m`. */
  readonly magnitude: number;
  /** Standard deviation of the magnitude; timm's `mstd`. */
  readonly spread: number;
  /** Bytes of the colour that comes in from beyond the border: timm takes the data's mean. */
  readonly fill: Rgb;
  /** Operations an image; each is skipped half of the time. */
  readonly operations?: number;
}

/**
 * RandAugment (Cubuk et al. 2020) as timm 0.6.5 has it with `inc1`: operations drawn with replacement from its list of 15, each
 * stronger the higher the magnitude.
 */
export function randAugment({ magnitude, spread, fill, operations = 2 }: RandAugmentOptions): Transform {
  const list = Object.values(randAugmentOperations);
  return (image, random) => {
    let current = image;
    for (let i = 0; i < operations; i++) {
      const operation = list[random.integer(list.length)]!;
      if (random.uniform() < 0.5) continue;
      const level = Math.min(Math.max(magnitude + spread * random.normal(), 0), 10) / 10;
      current = operation(current, level, { random, fill });
    }
    return current;
  };
}

/** One operation at a level from 0 to 1. */
export type Operation = (
  image: Pixels,
  level: number,
  context: { readonly random: Random; readonly fill: Rgb },
) => Pixels;

/** timm's list `_RAND_INCREASING_TRANSFORMS`, by its names. */
export const randAugmentOperations = {
  AutoContrast: autoContrast,
  Equalize: equalize,
  Invert: invert,
  Rotate: (image, level, { random, fill }) => rotate(image, signed(30 * level, random), kernel(random), fill),
  PosterizeIncreasing: (image, level) => posterize(image, 4 - Math.trunc(4 * level)),
  SolarizeIncreasing: (image, level) => solarize(image, 256 - Math.trunc(256 * level)),
  SolarizeAdd: (image, level) => solarizeAdd(image, Math.trunc(110 * level)),
  ColorIncreasing: (image, level, { random }) => colour(image, enhancement(level, random)),
  ContrastIncreasing: (image, level, { random }) => contrast(image, enhancement(level, random)),
  BrightnessIncreasing: (image, level, { random }) => brightness(image, enhancement(level, random)),
  SharpnessIncreasing: (image, level, { random }) => sharpness(image, enhancement(level, random)),
  ShearX: (image, level, { random, fill }) =>
    affine(image, [1, signed(0.3 * level, random), 0, 0, 1, 0], kernel(random), fill),
  ShearY: (image, level, { random, fill }) =>
    affine(image, [1, 0, 0, signed(0.3 * level, random), 1, 0], kernel(random), fill),
  TranslateXRel: (image, level, { random, fill }) =>
    affine(image, [1, 0, signed(0.45 * level, random) * image.width, 0, 1, 0], kernel(random), fill),
  TranslateYRel: (image, level, { random, fill }) =>
    affine(image, [1, 0, 0, 0, 1, signed(0.45 * level, random) * image.height], kernel(random), fill),
} satisfies Readonly<Record<string, Operation>>;

function signed(value: number, random: Random): number {
  return random.uniform() < 0.5 ? -value : value;
}

function enhancement(level: number, random: Random): number {
  return Math.max(0.1, 1 + signed(0.9 * level, random));
}

function kernel(random: Random): Kernel {
  return random.uniform() < 0.5 ? 'bilinear' : 'bicubic';
}
