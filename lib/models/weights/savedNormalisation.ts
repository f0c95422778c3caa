import { z } from 'zod';
import type { Rgb } from '../../data/image';
import type { Normalisation } from '../../data/datasets/normalisation';
import { parseJson } from '../../io/json';

const rgb = (each: z.ZodNumber) =>
  z
    .tuple([each, each, each])
    .readonly()
    .transform(([red, green, blue]): Rgb => [red, green, blue]);

/** Mean and deviation as entries among others, such as those of timm's `config.json`. */
export const normalisationParts = { mean: rgb(z.number()), std: rgb(z.number().positive()) };

/** How images are normalised for a network's weights. */
export const normalisation = z
  .object(normalisationParts)
  .strict()
  .transform(({ mean, std }): Normalisation => ({ mean, std }));

/** The same as an entry for the metadata of a file of weights. */
export function normalisationEntry({ mean, std }: Normalisation): Readonly<Record<string, string>> {
  return { normalisation: JSON.stringify({ mean, std }) };
}

/** What such an entry says; nothing where there is none. Throws a UserError where it cannot be understood. */
export function savedNormalisation(
  metadata: ReadonlyMap<string, string>,
  file: string,
): { readonly normalisation?: Normalisation } {
  const text = metadata.get('normalisation');
  if (text === undefined) return {};
  return {
    normalisation: parseJson(
      Buffer.from(text),
      (value) => normalisation.parse(value),
      `The entry "normalisation" of ${file}`,
      "Take it out of the file's metadata.",
    ),
  };
}
