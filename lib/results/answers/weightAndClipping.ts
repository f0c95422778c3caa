import type { ChartLine } from '../chartLine';
import type { Finding } from '../claims/findings';
import type { RunRecord } from '../records/record';
import {
  gainOver,
  onSharedSeeds,
  pairsOf,
  pairText,
  type GainSeries,
  type Pair,
  type RecordedRow,
} from '../tables/recordedRows';
import { meanOf } from '../statistics/summary';
import { claimSentence } from './claimSentence';

/** The weight of the OFA loss on logits and branches; the default is 1. */
const weightOf = ({ recipe: { method } }: RecordedRow): number => Number(method?.['logitsWeight'] ?? 1);

/** Whether the norm of the gradients is clipped. */
export const isClipped = ({ recipe }: RecordedRow): boolean => recipe.clipNorm !== undefined;

/** The setting of a row in words: `weight 0.1, clipped`. */
export function settingLabel(row: RecordedRow): string {
  return `weight ${weightOf(row)}, ${isClipped(row) ? 'clipped' : 'not clipped'}`;
}

/** Top-1 accuracy over the weight, for each pair with and without clipping, on the seeds that a pair's rows share. */
export function weightLines(rows: readonly RecordedRow[]): ChartLine[] {
  return pairsOf(rows)
    .flatMap((pair, color) => {
      const recorded = onSharedSeeds(rowsOf(rows, pair)).filter(({ runs }) => runs.length > 0);
      return [true, false].map((clipped): ChartLine => {
        const points = recorded.filter((row) => isClipped(row) === clipped).sort((a, b) => weightOf(a) - weightOf(b));
        return {
          name: `${pairText(pair)}, ${clipped ? 'clipped at 5' : 'not clipped'}`,
          x: points.map(weightOf),
          y: points.map(({ runs }) => meanOf(runs.map(({ top1 }) => top1))),
          color,
          dash: clipped ? 'solid' : 'dash',
          markers: true,
        };
      });
    })
    .filter(({ x }) => x.length > 0);
}

/** For each pair, the gain of every other setting over the paper's: weight 1, clipped at 5. */
export function settingGains(rows: readonly RecordedRow[]): GainSeries[] {
  return pairsOf(rows)
    .map((pair) => {
      const ofPair = rowsOf(rows, pair);
      const paperSetting = ofPair.find(isPaperSetting);
      const others = ofPair.filter((row) => !isPaperSetting(row));
      return {
        name: pairText(pair),
        effects: others.map((row) => ({ label: settingLabel(row), ...gainOver(row, paperSetting) })),
      };
    })
    .filter(({ effects }) => effects.some(({ value }) => value !== null));
}

/** The runs of a pair with the cross entropy of the label as their loss, and the setting as their row. */
export function labelLosses(rows: readonly RecordedRow[], pair: Pair): RunRecord[] {
  return rowsOf(rows, pair).flatMap((row) =>
    row.runs.map((run) => ({
      ...run,
      row: settingLabel(row),
      history: run.history.map((epoch) => ({ ...epoch, loss: epoch.parts['label'] ?? NaN })),
    })),
  );
}

/** The answer of notebook 11. */
export function weightAndClippingAnswer(finding: Finding): string {
  return claimSentence(finding, 'Weight 1 with gradients clipped at norm 5 is best', 'another setting');
}

const isPaperSetting = (row: RecordedRow): boolean => weightOf(row) === 1 && isClipped(row);

function rowsOf(rows: readonly RecordedRow[], pair: Pair): RecordedRow[] {
  return rows.filter((row) => pairText(pairsOf([row])[0]!) === pairText(pair));
}
