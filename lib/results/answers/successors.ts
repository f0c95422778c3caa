import { methodName } from '../methodName';
import type { Pair, RecordedRow } from '../tables/recordedRows';
import { findRow, gainOver } from '../tables/recordedRows';
import { contrast, meanContrast } from '../statistics/pairedDifferences';
import { summary } from '../statistics/summary';
import { decimal } from '../claims/findings';
import { relation, uncertainty } from './sentences';

/** Is a successor of OFA better on our pairs? Compares two methods, paired by seed, over all pairs. */
export function successorAnswer(rows: readonly RecordedRow[], pairs: readonly Pair[], method: string): string {
  const contrasts = pairs.map((pair) =>
    contrast(findRow(rows, pair, method)?.runs ?? [], findRow(rows, pair, 'ofa')?.runs ?? []),
  );
  const { differences } = meanContrast(contrasts);
  const name = methodName(method);
  if (differences.length === 0) return `${name} and OFA share no recorded seed on all pairs yet.`;
  const { mean, interval, count } = summary(differences.map(({ value }) => value));
  const [low, high] = interval ?? [null, null];
  const byPair = pairs.flatMap((pair) => gainOver(findRow(rows, pair, method), findRow(rows, pair, 'ofa')).value ?? []);
  return (
    `${name} is on average ${relation(mean)} OFA over ${byPair.length} pairs ` +
    `(${uncertainty({ low, high, seeds: count })}). ` +
    `By pair, the difference is between ${decimal(Math.min(...byPair))} and ${decimal(Math.max(...byPair))} points.`
  );
}
