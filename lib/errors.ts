import { inspect } from 'node:util';
import { distance } from 'fastest-levenshtein';
import type { ZodError } from 'zod';

/**
 * Wrong input, or an operation that failed for a reason outside the code. The message states what is wrong, where, and
 * what to do. Commands print it without a stack trace.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  /** Makes a notebook cell print the message alone: the stack trace would point at code that is right. */
  [inspect.custom](): string {
    return this.message;
  }
}

/** Returns true if work ended because its signal was aborted, and false for an error that happened at the same time. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted !== true) return false;
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

/** The error for a name that is not in a list. The message lists the three nearest names. */
export function unknownName(kind: string, name: string, known: readonly string[]): UserError {
  const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b)).slice(0, 3);
  return new UserError(`Unknown ${kind} "${short(name)}". Nearest: ${nearest.join(', ')} (${known.length} known).`);
}

/**
 * Formats the issues of a schema validation: for each the path, what is wrong, and the value if it is a number or a
 * string. `given` is the validated value, and `prefix` precedes every path.
 */
export function schemaErrors({ issues }: Pick<ZodError, 'issues'>, given?: unknown, prefix = ''): string[] {
  const limit = 20;
  const errors = issues.slice(0, limit).map(({ path, message }) => {
    const place = [prefix, ...path].filter((part) => part !== '').join('.');
    const value = path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), given);
    const suffix = typeof value === 'number' || typeof value === 'string' ? ` (it is ${shortJson(value)})` : '';
    return `${place === '' ? '' : `${short(place)}: `}${short(message, 200)}${suffix}`;
  });
  return issues.length > limit ? [...errors, `and ${issues.length - limit} more errors`] : errors;
}

/** Cuts a text to `limit` characters for use in a message. */
export function short(text: string, limit = 80): string {
  return text.length > limit ? `${text.slice(0, limit - 3)}...` : text;
}

/** Formats a value as JSON and cuts it for use in a message. */
export function shortJson(value: unknown): string {
  try {
    return short(JSON.stringify(value));
  } catch (error) {
    if (error instanceof RangeError) return 'a value nested too deeply';
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
