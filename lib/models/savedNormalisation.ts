import { z } from 'zod';
import type { Normalisation } from '../data/normalisation';
import { parsed } from '../io/json';

const [mean, deviation] = [z.number(), z.number().positive()];

/** How images are normalised for a network's weights. */
export const normalisation = z.object({ mean: z.tuple([mean, mean, mean]).readonly(), std: z.tuple([deviation, deviation, deviation]).readonly() });

/** The same as an entry for the metadata of a file of weights. */
export function normalisationEntry({ mean, std }: Normalisation): Readonly<Record<string, string>> {
  return { normalisation: JSON.stringify({ mean, std }) };
}

/** What such an entry says; nothing where there is none. Throws a UserError where it cannot be understood. */
export function savedNormalisation(metadata: ReadonlyMap<string, string>, file: string): { readonly normalisation?: Normalisation } {
  const text = metadata.get('normalisation');
  if (text === undefined) return {};
  return { normalisation: parsed(Buffer.from(text), (value) => normalisation.parse(value), `The entry "normalisation" of ${file}`, 'Take it out of the file\'s metadata.') };
}
