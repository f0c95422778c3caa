import type { ChartLine } from '../chartLine';
import { methodName } from '../methodName';
import { coverageText, onSharedSeeds, pairsOf, pairText, type Pair, type RecordedRow } from '../tables/recordedRows';
import { meanText, summary, type Summary } from '../statistics/summary';

export type LossForm = 'released' | 'paper';

/** The result of one exponent. */
export interface ExponentResult {
  readonly exponent: number;
  readonly top1: Summary;
}

/** The recorded exponents of one pair. All results are means over the same seeds. */
export interface ExponentSweep {
  readonly pair: Pair;
  readonly seeds: readonly number[];
  /** For each form of the loss with at least two exponents, the results by increasing exponent. */
  readonly forms: readonly { readonly form: LossForm; readonly results: readonly ExponentResult[] }[];
  /** The results without OFA: training from scratch, and KD. */
  readonly references: readonly { readonly method: string; readonly top1: Summary }[];
}

/** A row of the sweep in words: `resnet_24 → vit_64, ε = 1.2, released form`. */
export function exponentLabel({ recipe: { teacher, student, method } }: RecordedRow): string {
  const pair = pairText({ teacher: teacher?.model ?? null, student });
  return `${pair}, ε = ${exponentOf(method)}, ${formOf(method)} form`;
}

/**
 * Groups the rows of the experiment `epsilon` by pair, with the pair's rows of other methods for reference. Pairs with
 * fewer than two recorded exponents are left out. An exponent of 1 belongs to both forms, which agree there.
 */
export function exponentSweeps(
  rows: readonly RecordedRow[],
  references: readonly (RecordedRow | undefined)[],
): ExponentSweep[] {
  return pairsOf(rows).flatMap((pair) => {
    const ofPair = rows.filter((row) => pairText(pairsOf([row])[0]!) === pairText(pair));
    const others = references.flatMap((row) => (row && belongsTo(pair, row) ? [row] : []));
    const recorded = onSharedSeeds([...ofPair, ...others]).filter(({ runs }) => runs.length > 0);
    const swept = recorded.filter(({ experiment }) => experiment === ofPair[0]!.experiment);
    if (swept.length < 2) return [];
    const forms = (['released', 'paper'] as const)
      .map((form) => ({ form, results: resultsOf(swept, form) }))
      .filter(({ results }) => results.length > 1);
    return {
      pair,
      seeds: swept[0]!.runs.map(({ seed }) => seed),
      forms,
      references: recorded
        .filter((row) => !swept.includes(row))
        .map((row) => ({ method: row.recipe.method?.kind ?? 'scratch', top1: top1Of(row) })),
    };
  });
}

/** The lines of a chart of one sweep: OFA over ε for each form, and a level line for each reference method. */
export function sweepLines({ forms, references }: ExponentSweep): ChartLine[] {
  const exponents = forms.flatMap(({ results }) => results.map(({ exponent }) => exponent));
  const range = [Math.min(...exponents), Math.max(...exponents)];
  return [
    ...forms.map(({ form, results }) => ({
      name: `OFA, ${form} form`,
      x: results.map(({ exponent }) => exponent),
      y: results.map(({ top1 }) => top1.mean),
      yError: results.map(({ top1: { interval, mean } }) => (interval ? interval[1] - mean : null)),
      markers: true,
    })),
    ...references.map(({ method, top1 }) => ({
      name: methodName(method),
      x: range,
      y: range.map(() => top1.mean),
      dash: 'dash' as const,
    })),
  ];
}

/** The answer of notebook 6: the best exponent of each pair and form. */
export function epsilonAnswer(sweeps: readonly ExponentSweep[], rows: readonly RecordedRow[]): string {
  const sentences = sweeps.map(({ pair, forms }) => `${pairText(pair)}: ${forms.map(bestText).join('; ')}.`);
  if (sentences.length === 0) return `Too few runs are recorded for a comparison. ${coverageText(rows)}`;
  const isSingleSeed = sweeps.some(({ seeds }) => seeds.length < 2);
  const caution = 'Each value is from a single seed, so that these differences may be chance.';
  return [...sentences, ...(isSingleSeed ? [caution] : [])].join(' ');
}

function bestText({ form, results }: ExponentSweep['forms'][number]): string {
  const sorted = [...results].sort((a, b) => b.top1.mean - a.top1.mean);
  const [best, worst] = [sorted[0]!, sorted.at(-1)!];
  return (
    `in the ${form} form ε = ${best.exponent} is best with ${meanText(best.top1)} % top-1, ` +
    `${(best.top1.mean - worst.top1.mean).toFixed(2)} points above the worst, ε = ${worst.exponent}`
  );
}

function resultsOf(rows: readonly RecordedRow[], form: LossForm): ExponentResult[] {
  return rows
    .filter(({ recipe: { method } }) => exponentOf(method) === 1 || formOf(method) === form)
    .map((row) => ({ exponent: exponentOf(row.recipe.method), top1: top1Of(row) }))
    .sort((a, b) => a.exponent - b.exponent);
}

function belongsTo({ teacher, student }: Pair, { recipe }: RecordedRow): boolean {
  return recipe.student === student && (!recipe.teacher || recipe.teacher.model === teacher);
}

const top1Of = ({ runs }: RecordedRow): Summary => summary(runs.map(({ top1 }) => top1));
const exponentOf = (method: RecordedRow['recipe']['method']): number => Number(method?.['exponent'] ?? 1);
const formOf = (method: RecordedRow['recipe']['method']): LossForm =>
  method?.['form'] === 'paper' ? 'paper' : 'released';
