import { z } from 'zod';
import { parseJson } from '../../io/json';

/** What a classifier reads and predicts, stored with its weights. */
export interface SavedInput {
  /** Names of the classes, in the order of the logits. */
  readonly classes: readonly string[];
  /** Height and width of its images in pixels. */
  readonly imageSize: number;
  /** Side of the centre crop as a share of the resized image's shorter side. */
  readonly cropShare: number;
}

const savedInputSchema = z
  .object({
    classes: z.array(z.string()).min(1),
    imageSize: z.number().int().positive(),
    cropShare: z.number().positive().max(1),
  })
  .strict()
  .transform(({ classes, imageSize, cropShare }): SavedInput => ({ classes, imageSize, cropShare }));

/** The metadata entry that stores this in a weights file. */
export function inputEntry({ classes, imageSize, cropShare }: SavedInput): Readonly<Record<string, string>> {
  return { input: JSON.stringify({ classes, imageSize, cropShare }) };
}

/** Reads that entry; returns undefined if it is missing. Throws a UserError if the entry is not valid. */
export function savedInput(metadata: ReadonlyMap<string, string>, file: string): SavedInput | undefined {
  const text = metadata.get('input');
  if (text === undefined) return undefined;
  return parseJson(
    Buffer.from(text),
    (value) => savedInputSchema.parse(value),
    `The entry "input" of ${file}`,
    "Remove it from the file's metadata.",
  );
}
