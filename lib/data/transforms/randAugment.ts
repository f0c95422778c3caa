import type { Random } from '../../tensor/random';
import type { ResamplingFilter } from '../../tensor/resampling';
import type { Pixels, Rgb } from '../image';
import { affine, rotate } from './affine';
import { brightness, colour, contrast, sharpness } from './enhance';
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './tone';
import type { Transform } from './transform';

export interface RandAugmentOptions {
  /** From 0 to 10; timm's `m`. */
  readonly magnitude: number;
  /** Standard deviation of the magnitude; timm's `mstd`. */
  readonly std: number;
  /** Colour, in bytes, of pixels from outside the image; timm takes the dataset's mean. */
  readonly fill: Rgb;
  /** Operations per image, each of which is skipped with probability ½. Default: 2. */
  readonly operations?: number;
}

/**
 * RandAugment (Cubuk et al. 2020) as in timm 0.6.5 with `inc1`: draws operations with replacement from a list of 15,
 * whose effect increases with the magnitude.
 */
export function randAugment({ magnitude, std, fill, operations = 2 }: RandAugmentOptions): Transform {
  const list = Object.values(randAugmentOperations);
  return (image, random) => {
    let current = image;
    for (let i = 0; i < operations; i++) {
      const operation = list[random.integer(list.length)]!;
      if (random.uniform() < 0.5) continue;
      const level = Math.min(Math.max(magnitude + std * random.normal(), 0), 10) / 10;
      current = operation(current, level, { random, fill });
    }
    return current;
  };
}

/** One operation at a level from 0 to 1. */
export type Operation = (image: Pixels, level: number, context: OperationContext) => Pixels;

interface OperationContext {
  readonly random: Random;
  readonly fill: Rgb;
}

/** The operations of timm's list `_RAND_INCREASING_TRANSFORMS` by their names there. */
export const randAugmentOperations = {
  AutoContrast: autoContrast,
  Equalize: equalize,
  Invert: invert,
  Rotate: (image, level, { random, fill }) => rotate(image, randomSign(30 * level, random), randomFilter(random), fill),
  PosterizeIncreasing: (image, level) => posterize(image, 4 - Math.trunc(4 * level)),
  SolarizeIncreasing: (image, level) => solarize(image, 256 - Math.trunc(256 * level)),
  SolarizeAdd: (image, level) => solarizeAdd(image, Math.trunc(110 * level)),
  ColorIncreasing: (image, level, { random }) => colour(image, enhancementFactor(level, random)),
  ContrastIncreasing: (image, level, { random }) => contrast(image, enhancementFactor(level, random)),
  BrightnessIncreasing: (image, level, { random }) => brightness(image, enhancementFactor(level, random)),
  SharpnessIncreasing: (image, level, { random }) => sharpness(image, enhancementFactor(level, random)),
  ShearX: (image, level, { random, fill }) =>
    affine(image, [1, randomSign(0.3 * level, random), 0, 0, 1, 0], randomFilter(random), fill),
  ShearY: (image, level, { random, fill }) =>
    affine(image, [1, 0, 0, randomSign(0.3 * level, random), 1, 0], randomFilter(random), fill),
  TranslateXRel: (image, level, { random, fill }) =>
    affine(image, [1, 0, randomSign(0.45 * level, random) * image.width, 0, 1, 0], randomFilter(random), fill),
  TranslateYRel: (image, level, { random, fill }) =>
    affine(image, [1, 0, 0, 0, 1, randomSign(0.45 * level, random) * image.height], randomFilter(random), fill),
} satisfies Readonly<Record<string, Operation>>;

function randomSign(value: number, random: Random): number {
  return random.uniform() < 0.5 ? -value : value;
}

function enhancementFactor(level: number, random: Random): number {
  return Math.max(0.1, 1 + randomSign(0.9 * level, random));
}

function randomFilter(random: Random): ResamplingFilter {
  return random.uniform() < 0.5 ? 'bilinear' : 'bicubic';
}
