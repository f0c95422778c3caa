import { readFile } from 'node:fs/promises';
import { ZodError } from 'zod';
import { schemaErrors, short, UserError } from '../errors';
import { writeAtomic } from './atomic';
import { fileError } from './fileError';

/** Writes a value as a file of JSON that a person can read, whole or not at all. */
export async function writeJson(file: string, value: object): Promise<void> {
  await writeAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** The value of a file of JSON, checked by `parse`, which throws on what it does not accept. Throws a UserError that names the file, or its place in the user's words. */
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

/** The value that bytes of JSON stand for; what is wrong with them is told with their place and what to do about it. */
export function parseJson<T>(bytes: Uint8Array, parse: (value: unknown) => T, place: string, remedy: string): T {
  try {
    return parse(decodeJson(bytes));
  } catch (error) {
    const reason =
      error instanceof ZodError
        ? schemaErrors(error).join('; ')
        : short(error instanceof Error ? error.message : String(error), 2000);
    throw new UserError(`${place} cannot be understood: ${reason}\n${remedy}`, { cause: error });
  }
}

/** The value that a text of JSON stands for; undefined where it is none. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Throws a SyntaxError for what is no JSON, a TypeError for what is no text. */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
