import { inspect } from 'node:util';
import { distance } from 'fastest-levenshtein';
import type { ZodError } from 'zod';

/** A fault in what a user gave us. Its message says what was wrong, where, and what to do; commands print it without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';

  /** What a notebook's cell prints: the message alone. Its reader is to mend what it names, not the code where it was noticed. */
  [inspect.custom](): string {
    return this.message;
  }
}

/** Whether work ended because its signal asked for it, and not by a fault that came at the same time. */
export function isStop(error: unknown, signal: AbortSignal | undefined): boolean {
  return (
    signal?.aborted === true && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))
  );
}

/** The error for a name that is not in a list: it names the nearest ones. */
export function unknownName(kind: string, name: string, known: readonly string[]): UserError {
  const near = [...known].sort((a, b) => distance(name, a) - distance(name, b)).slice(0, 3);
  return new UserError(`Unknown ${kind} "${short(name)}". Nearest: ${near.join(', ')} (${known.length} known).`);
}

/** Faults that a schema found, in words: where, what is wrong, and which value it was. */
export function schemaFaults({ issues }: ZodError, given?: unknown, at = ''): string[] {
  const most = 20;
  const faults = issues.slice(0, most).map(({ path, message }) => {
    const place = [at, ...path].filter((part) => part !== '').join('.');
    const value = path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), given);
    const shown = typeof value === 'number' || typeof value === 'string' ? ` (it is ${shortJson(value)})` : '';
    return `${place === '' ? '' : `${short(place)}: `}${short(message, 200)}${shown}`;
  });
  return issues.length > most ? [...faults, `and ${issues.length - most} more faults`] : faults;
}

/** A text short enough for a message. */
export function short(text: string, most = 80): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

/** A value as JSON short enough for a message. */
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
