import { undecidedReason, type Finding } from '../claims/findings';
import { onSharedSeeds, pairsOf, pairText, type RecordedRow } from '../tables/recordedRows';
import { meanOf, seedsText } from '../statistics/summary';
import { relation, teacherAccuracies, uncertainty } from './sentences';

/** How much the choice of the exponent matters for one pair and one form of the loss. */
export interface ExponentRange {
  readonly pair: string;
  readonly form: string;
  readonly exponents: number;
  readonly seeds: number;
  readonly best: number;
  readonly worst: number;
  /** Top-1 of the best exponent minus that of the worst, in points. */
  readonly range: number;
}

/** The range of top-1 over exponents, from the rows of the ε experiment; only groups with at least two exponents. */
export function exponentRanges(rows: readonly RecordedRow[]): ExponentRange[] {
  const recorded = rows.filter(({ runs }) => runs.length > 0);
  return pairsOf(recorded).flatMap((pair) =>
    ['released', 'paper'].flatMap((form) => {
      const isOfGroup = ({ recipe: { teacher, student, method } }: RecordedRow): boolean =>
        teacher?.model === pair.teacher &&
        student === pair.student &&
        // At ε = 1 both forms are the same.
        (exponentOf(method) === 1 || form === (Reflect.get(method ?? {}, 'form') ?? 'released'));
      const range = rangeOf(onSharedSeeds(recorded.filter(isOfGroup)));
      return range === undefined ? [] : [{ pair: pairText(pair), form, ...range }];
    }),
  );
}

function rangeOf(rows: readonly RecordedRow[]): Omit<ExponentRange, 'pair' | 'form'> | undefined {
  if (rows.length < 2 || rows.some(({ runs }) => runs.length === 0)) return undefined;
  const sorted = rows
    .map(({ recipe, runs }) => ({ exponent: exponentOf(recipe.method), top1: meanOf(runs.map(({ top1 }) => top1)) }))
    .sort((a, b) => b.top1 - a.top1);
  const [best, worst] = [sorted[0]!, sorted[sorted.length - 1]!];
  return {
    exponents: rows.length,
    seeds: rows[0]!.runs.length,
    best: best.exponent,
    worst: worst.exponent,
    range: best.top1 - worst.top1,
  };
}

function exponentOf(method: RecordedRow['recipe']['method']): number {
  return Number(Reflect.get(method ?? {}, 'exponent'));
}

/** Where are the limits? `finding` is that on claim 11; `rows` give the accuracy of the `teachers`. */
export function limitsAnswer(
  finding: Finding,
  ranges: readonly ExponentRange[],
  rows: readonly RecordedRow[],
  teachers: readonly string[],
): string {
  const { effect } = finding;
  const family =
    effect === null
      ? undecidedReason(finding)
      : `A CNN with a CNN teacher is ${relation(effect)} the same CNN with teachers of other families ` +
        `(best method of each, ${uncertainty(finding)}). The teachers themselves differ in top-1, too: ` +
        `${teacherAccuracies(rows, teachers)}.`;
  const widest = [...ranges].sort((a, b) => b.range - a.range)[0];
  if (widest === undefined) return family;
  const chance = widest.seeds === 1 ? ', of which some may be chance' : '';
  return (
    `${family} The best and the worst exponent differ by up to ${widest.range.toFixed(2)} points ` +
    `(${widest.pair}, ${widest.form} form, ${seedsText(widest.seeds)}${chance}).`
  );
}

/**
 * Compares a top-1 with a published one: `68.65 %, 0.41 points below the published 69.06 %, within the tolerance of
 * 0.7 points`.
 */
export function anchorText(top1: number, published: number, tolerance: number): string {
  const difference = top1 - published;
  const within = Math.abs(difference) <= tolerance ? 'within' : 'outside';
  return (
    `${top1.toFixed(2)} %, ${relation(difference)} the published ${published.toFixed(2)} %, ` +
    `${within} the tolerance of ${tolerance} points`
  );
}
