import type { ZodError } from 'zod';

/** The faults that a schema found, in words: where, what is wrong, and which value it was. */
export function optionFaults({ issues }: ZodError, given: unknown, at = ''): string[] {
  return issues.map(({ path, message }) => {
    const place = [at, ...path].filter((part) => part !== '').join('.');
    const value = path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), given);
    const shown = typeof value === 'number' || typeof value === 'string' ? ` (it is ${JSON.stringify(value)})` : '';
    return `${place === '' ? '' : `${place}: `}${message}${shown}`;
  });
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
