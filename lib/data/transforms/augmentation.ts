import { z } from 'zod';
import type { Range } from './randomResizedCrop';

const range = z
  .tuple([z.number().positive(), z.number().positive()])
  .readonly()
  .transform(([min, max]): Range => [min, max]);

const crop = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('padded'), padding: z.number().int().nonnegative().default(4) }).strict(),
  z
    .object({
      kind: z.literal('resized'),
      area: range.default([0.08, 1]),
      aspect: range.default([3 / 4, 4 / 3]),
    })
    .strict(),
]);

/** timm's `rand-m9-mstd0.5-inc1` is { magnitude: 9, spread: 0.5 }. */
const randAugment = z
  .object({
    magnitude: z.number().min(0).max(10),
    spread: z.number().nonnegative().default(0.5),
    operations: z.number().int().positive().default(2),
  })
  .strict();

/**
 * The augmentation of training images in a recipe. `crop-flip` is He et al.'s padded crop and flip for small images.
 * The fields of the object are applied in this order, which is timm's.
 */
export const augmentation = z.union([
  z.enum(['none', 'crop-flip']),
  z
    .object({
      /**
       * `padded`: a crop of the zero-padded image; `resized`: a random resized crop; absent: the whole image, resized.
       */
      crop: crop.optional(),
      flip: z.boolean().default(true),
      randAugment: randAugment.optional(),
      /** Strength of colour jitter. Ignored together with RandAugment, as in timm. */
      colourJitter: z.number().nonnegative().optional(),
      /** Probability of random erasing. */
      erasing: z.number().min(0).max(1).optional(),
    })
    .strict(),
]);
export type Augmentation = z.output<typeof augmentation>;
