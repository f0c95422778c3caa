import type { Search } from '../../experiments/experiment';

/** How far a search has come. */
export interface SearchState {
  /** Rows of the present round without a result; empty when the search is over. */
  readonly missing: readonly string[];
  /** Rows of the present round, and of those before it. */
  readonly rows: readonly string[];
  /** The best row of the last round; undefined until the search is over. */
  readonly best?: string;
}

/**
 * Follows a search as far as its results reach. `top1Of` returns the held-out accuracy of a row in per cent, or
 * undefined if it was not trained. Of equal results the earlier candidate is the better one.
 */
export function searchState({ rounds }: Search, top1Of: (row: string) => number | undefined): SearchState {
  let order: readonly number[] = rounds[0]?.rows.map((_, candidate) => candidate) ?? [];
  const rows: string[] = [];
  for (const round of rounds) {
    const present = order.slice(0, round.size).sort((a, b) => a - b);
    rows.push(...present.map((candidate) => round.rows[candidate]!));
    const missing = rows.filter((row) => top1Of(row) === undefined);
    if (missing.length > 0) return { missing, rows };
    const accuracy = (candidate: number): number => top1Of(round.rows[candidate]!)!;
    order = [...present].sort((a, b) => accuracy(b) - accuracy(a) || a - b);
  }
  const best = rounds.at(-1)?.rows[order[0]!];
  return { missing: [], rows, ...(best !== undefined && { best }) };
}
