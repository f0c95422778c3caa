import { readFile } from 'node:fs/promises';
import { ZodError } from 'zod';
import { schemaErrors, short, UserError } from '../errors';
import { writeAtomic } from './atomic';
import { fileError } from './fileError';

/** Writes a value as indented JSON. The file is written atomically. */
export async function writeJson(file: string, value: object): Promise<void> {
  await writeAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads a JSON file. `parse` checks the value and throws if it is invalid. Throws a UserError that names `place` (by
 * default the file) and ends with `remedy`.
 */
export async function readJson<T>(
  file: string,
  parse: (value: unknown) => T,
  place = file,
  remedy = 'Repair or remove it.',
): Promise<T> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(error, 'read', file);
  });
  return parseJson(bytes, parse, place, remedy);
}

/** Parses JSON in UTF-8. Throws a UserError with the place, the reason and the remedy. */
export function parseJson<T>(bytes: Uint8Array, parse: (value: unknown) => T, place: string, remedy: string): T {
  try {
    const value = decodeJson(bytes);
    if (hasInfinity(value)) throw new UserError('a number is too large, such as 1e999');
    return parse(value);
  } catch (error) {
    const reason =
      error instanceof ZodError
        ? schemaErrors(error).join('; ')
        : short(error instanceof Error ? error.message : String(error), 2000);
    throw new UserError(`${place} is invalid: ${reason}\n${remedy}`, { cause: error });
  }
}

/** Whether a value contains a number that JSON.parse has read as infinite. */
function hasInfinity(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInfinity);
}

/** The value of a JSON text; undefined if the text is not valid JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value of JSON in UTF-8. Throws a SyntaxError for invalid JSON and a TypeError for invalid UTF-8. */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
