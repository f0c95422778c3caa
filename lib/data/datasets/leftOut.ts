import { quoted } from './classNames';

/** Files of a folder or shard that a dataset does not use for the same reason. */
export interface LeftOut {
  /** As in "2 links without a target": follows the count. */
  readonly reason: string;
  readonly count: number;
  /** The first of them. */
  readonly example: string;
}

/** The name of a file that is not used, and the reason. */
export type Unused = readonly [name: string, reason: string];

/** Counts names by reason, in the order of the first name of each reason. */
export function countLeftOut(names: Iterable<Unused>): LeftOut[] {
  const counts = new Map<string, LeftOut>();
  for (const [name, reason] of names) {
    const known = counts.get(reason);
    counts.set(reason, { reason, count: (known?.count ?? 0) + 1, example: known?.example ?? name });
  }
  return [...counts.values()];
}

/** The sum of several counts. */
export function mergeLeftOut(parts: Iterable<LeftOut>): LeftOut[] {
  const counts = new Map<string, LeftOut>();
  for (const part of parts) {
    const known = counts.get(part.reason);
    counts.set(part.reason, known ? { ...known, count: known.count + part.count } : part);
  }
  return [...counts.values()];
}

/** For example "2 links without a target (a/gone.png), 1 file that is not an image (a/notes.txt)". */
export function describeLeftOut(leftOut: readonly LeftOut[]): string {
  return leftOut.map(({ reason, count, example }) => `${count} × ${reason} (${quoted(example)})`).join(', ');
}
