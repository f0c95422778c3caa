import { z } from 'zod';
import { parseJson } from '../../io/json';
import type { Rgb } from '../../data/image';
import type { Normalisation } from '../../data/datasets/normalisation';

const rgb = (each: z.ZodNumber) =>
  z
    .tuple([each, each, each])
    .readonly()
    .transform(([red, green, blue]): Rgb => [red, green, blue]);

/** Schemas of mean and std per colour channel, as in timm's `config.json`. */
export const normalisationParts = { mean: rgb(z.number()), std: rgb(z.number().positive()) };

/** Schema of the normalisation of the images that a network was trained with. */
export const normalisation = z
  .object(normalisationParts)
  .strict()
  .transform(({ mean, std }): Normalisation => ({ mean, std }));

/** The metadata entry that stores a normalisation in a weights file. */
export function normalisationEntry({ mean, std }: Normalisation): Readonly<Record<string, string>> {
  return { normalisation: JSON.stringify({ mean, std }) };
}

/** Reads that entry; returns {} if it is missing. Throws a UserError if the entry is not valid. */
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
      "Remove it from the file's metadata.",
    ),
  };
}
