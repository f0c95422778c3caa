import { z } from 'zod';
import { cropAndFlip, randomCrop, randomFlip } from './cropAndFlip';
import { colourJitter } from './colourJitter';
import type { LabelledImages, Rgb } from '../images/imageSet';
import type { Changes } from '../batches/prepare';
import { resizeAndCrop } from '../batches/preprocess';
import { randAugment } from './randAugment';
import { randomErasing } from './randomErasing';
import { randomResizedCrop, type Range } from './randomResizedCrop';
import { resize } from './resize';
import { compose, type Transform } from './transform';

const range = z
  .tuple([z.number().positive(), z.number().positive()])
  .readonly()
  .transform(([least, most]): Range => [least, most]);

/** What is done to training images, as a plain value; in this order, which is timm's. */
export const augmentation = z.union([
  z.enum(['none', 'crop-flip']),
  z
    .object({
      /** `padded`: a crop of the image with black around it; `resized`: a random part, resized; absent: the whole image. */
      crop: z
        .discriminatedUnion('kind', [
          z.object({ kind: z.literal('padded'), padding: z.number().int().nonnegative().default(4) }).strict(),
          z
            .object({
              kind: z.literal('resized'),
              area: range.default([0.08, 1]),
              aspect: range.default([3 / 4, 4 / 3]),
            })
            .strict(),
        ])
        .optional(),
      flip: z.boolean().default(true),
      /** timm's `rand-m9-mstd0.5-inc1` is { magnitude: 9, spread: 0.5 }. */
      randAugment: z
        .object({
          magnitude: z.number().min(0).max(10),
          spread: z.number().nonnegative().default(0.5),
          operations: z.number().int().positive().default(2),
        })
        .strict()
        .optional(),
      /** Does nothing beside RandAugment, as in timm. */
      colourJitter: z.number().nonnegative().optional(),
      /** Probability that a rectangle becomes noise. */
      erasing: z.number().min(0).max(1).optional(),
    })
    .strict(),
]);
export type Augmentation = z.output<typeof augmentation>;

/** How stored images become what a network sees, as a plain value. */
export type Preparation =
  | { readonly for: 'training'; readonly side: number; readonly augmentation: Augmentation }
  | { readonly for: 'evaluation'; readonly side: number; readonly cropShare: number };

/** The changes that a preparation means for the images of a set. */
export function changes({ size, mean }: Pick<LabelledImages, 'size' | 'mean'>, preparation: Preparation): Changes {
  const { side } = preparation;
  const fits = size.height === side && size.width === side;
  if (preparation.for === 'evaluation')
    return fits
      ? {}
      : { transform: resizeAndCrop({ imageSize: side, cropShare: preparation.cropShare, interpolation: 'bicubic' }) };
  const { augmentation: spec } = preparation;
  const whole: Transform[] = fits ? [] : [(image) => resize(image, { height: side, width: side }, 'bicubic')];
  if (spec === 'none') return { transform: compose(...whole) };
  if (spec === 'crop-flip') return { transform: compose(...whole, cropAndFlip) };
  return {
    transform: compose(
      ...(spec.crop?.kind === 'resized' ? [randomResizedCrop(side, spec.crop.area, spec.crop.aspect)] : whole),
      ...(spec.crop?.kind === 'padded' ? [randomCrop(spec.crop.padding)] : []),
      ...(spec.flip ? [randomFlip()] : []),
      ...colours(spec, mean),
    ),
    ...(spec.erasing === undefined ? {} : { finish: randomErasing(spec.erasing) }),
  };
}

function colours({ randAugment: rand, colourJitter: strength }: Exclude<Augmentation, string>, mean: Rgb): Transform[] {
  const byte = (share: number): number => Math.min(255, Math.round(255 * share));
  if (rand)
    return [
      randAugment({
        magnitude: rand.magnitude,
        spread: rand.spread,
        operations: rand.operations,
        fill: [byte(mean[0]), byte(mean[1]), byte(mean[2])],
      }),
    ];
  return strength === undefined ? [] : [colourJitter(strength)];
}
