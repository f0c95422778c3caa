import type { ChartLine } from '../chartLine';
import type { Finding } from '../claims/findings';
import { gainOver, pairsOf, pairText, type GainSeries, type RecordedRow } from '../tables/recordedRows';
import { claimSentence } from './claimSentence';

/** The stages that have a branch; the default is all four. */
export function stagesOf({ recipe: { method } }: RecordedRow): readonly number[] {
  const stages = method?.['stages'];
  return Array.isArray(stages) ? stages.map(Number) : [1, 2, 3, 4];
}

/** A row of the ablation in words: `resnet_24 → vit_64, branches at 3, 4`. */
export function branchesLabel(row: RecordedRow): string {
  return `${pairText(pairsOf([row])[0]!)}, branches at ${stagesOf(row).join(', ')}`;
}

/** For each pair, the gain over four branches as a function of their number, counted from the last stage. */
export function branchCountLines(rows: readonly RecordedRow[]): ChartLine[] {
  return byPair(rows).flatMap(({ name, ofPair, allFour }) => {
    const points = ofPair
      .filter((row) => stagesOf(row).includes(4))
      .flatMap((row) => {
        const { value, high } = gainOver(row, allFour);
        return value === null
          ? []
          : [{ count: stagesOf(row).length, value, yError: high === null ? null : high - value }];
      })
      .sort((a, b) => a.count - b.count);
    if (points.length === 0) return [];
    return {
      name,
      x: points.map(({ count }) => count),
      y: points.map(({ value }) => value),
      yError: points.map(({ yError }) => yError),
      markers: true,
    };
  });
}

/** For each pair, the gain of every other set of branches over four branches, as `forest` draws it. */
export function branchSetGains(rows: readonly RecordedRow[]): GainSeries[] {
  return byPair(rows)
    .map(({ name, ofPair, allFour }) => ({
      name,
      effects: ofPair
        .filter((row) => stagesOf(row).length < 4)
        .map((row) => ({ label: `branches at ${stagesOf(row).join(', ')}`, ...gainOver(row, allFour) })),
    }))
    .filter(({ effects }) => effects.some(({ value }) => value !== null));
}

/** The answer of notebook 10: the paper's claim, and the best single branch of each pair. */
export function branchesAnswer(rows: readonly RecordedRow[], finding: Finding): string {
  const singles = rows.filter((row) => stagesOf(row).length === 1);
  const isSingleSeed = singles.some(({ runs }) => runs.length === 1);
  return [
    claimSentence(finding, 'Four branches are better than every other set of branches', 'another set of branches'),
    ...byPair(rows).flatMap(({ name, allFour }) => bestSingle(singles, name, allFour)),
    ...(isSingleSeed ? ['Each value is from a single seed, so that these differences may be chance.'] : []),
  ].join(' ');
}

function bestSingle(singles: readonly RecordedRow[], name: string, allFour: RecordedRow | undefined): string[] {
  const gains = singles
    .filter((row) => pairText(pairsOf([row])[0]!) === name)
    .flatMap((row) => {
      const { value } = gainOver(row, allFour);
      return value === null ? [] : [{ stage: stagesOf(row)[0]!, value }];
    })
    .sort((a, b) => b.value - a.value);
  const [best] = gains;
  if (best === undefined) return [];
  const comparison = `${Math.abs(best.value).toFixed(2)} points ${best.value < 0 ? 'below' : 'above'} four branches`;
  return [`For ${name}, the best single branch is at stage ${best.stage}, ${comparison}.`];
}

interface PairRows {
  readonly name: string;
  readonly ofPair: readonly RecordedRow[];
  readonly allFour: RecordedRow | undefined;
}

function byPair(rows: readonly RecordedRow[]): PairRows[] {
  return pairsOf(rows).map((pair) => {
    const name = pairText(pair);
    const ofPair = rows.filter((row) => pairText(pairsOf([row])[0]!) === name);
    return { name, ofPair, allFour: ofPair.find((row) => stagesOf(row).length === 4) };
  });
}
