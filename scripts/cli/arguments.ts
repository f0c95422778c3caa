import { InvalidArgumentError } from 'commander';

/** A whole number of a command line, from 0. */
export function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number.`);
  return Number(text);
}

/** A whole number from 1. */
export function positive(text: string): number {
  if (whole(text) < 1) throw new InvalidArgumentError('It must be a positive whole number.');
  return Number(text);
}
