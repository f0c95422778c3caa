import { InvalidArgumentError } from 'commander';

/** Parses a non-negative integer of a command line. */
export function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number.`);
  return Number(text);
}

/** Parses names separated by commas. A repeated name counts once. */
export function names(text: string): string[] {
  return [...new Set(text.split(',').map((name) => name.trim()))];
}

/** Parses non-negative integers separated by commas. A repeated number counts once. */
export function wholes(text: string): number[] {
  return [...new Set(names(text).map(whole))];
}

/** Parses a positive integer of a command line. */
export function positive(text: string): number {
  if (whole(text) < 1) throw new InvalidArgumentError('It must be a positive whole number.');
  return Number(text);
}

/** Parses the address of a server. */
export function address(text: string): string {
  if (/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')) return text;
  throw new InvalidArgumentError(`"${text}" is not an address such as http://127.0.0.1:5000.`);
}
