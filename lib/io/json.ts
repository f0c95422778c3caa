import { readFile } from 'node:fs/promises';
import { ZodError } from 'zod';
import { schemaFaults, short, UserError } from '../errors';
import { fileFault } from './fileFault';

/** The value of a file of JSON, checked by `parse`, which throws on what it does not accept. Throws a UserError that names the file. */
export async function readJson<T>(file: string, parse: (value: unknown) => T): Promise<T> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileFault(error, 'read', file);
  });
  return parsed(bytes, parse, file, 'Repair or remove it.');
}

/** The value that bytes of JSON stand for; what is wrong with them is told with their place and what to do about it. */
export function parsed<T>(bytes: Uint8Array, parse: (value: unknown) => T, place: string, remedy: string): T {
  try {
    return parse(decode(bytes));
  } catch (error) {
    const reason = error instanceof ZodError ? schemaFaults(error).join('; ') : short(error instanceof Error ? error.message : String(error), 2000);
    throw new UserError(`${place} cannot be understood: ${reason}\n${remedy}`, { cause: error });
  }
}

/** Throws a SyntaxError for what is no JSON, a TypeError for what is no text. */
export function decode(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
