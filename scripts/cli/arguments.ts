import { InvalidArgumentError } from 'commander';

/** Parses a non-negative integer of a command line. */
export function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number.`);
  return Number(text);
}

/** Parses a positive integer of a command line. */
export function positive(text: string): number {
  if (whole(text) < 1) throw new InvalidArgumentError('It must be a positive whole number.');
  return Number(text);
}
