import { inspect } from 'node:util';
import { distance } from 'fastest-levenshtein';

/** A fault in what a user gave us. Its message says what was wrong, where, and what to do; commands print it without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';

  /** What a notebook's cell prints: the message alone. Its reader is to mend what it names, not the code where it was noticed. */
  [inspect.custom](): string {
    return this.message;
  }
}

/** The error for a name that is not in a list: it names the nearest ones. */
export function unknownName(kind: string, name: string, known: readonly string[]): UserError {
  const near = [...known].sort((a, b) => distance(name, a) - distance(name, b)).slice(0, 3);
  return new UserError(`Unknown ${kind} "${name}". Nearest: ${near.join(', ')} (${known.length} known).`);
}
