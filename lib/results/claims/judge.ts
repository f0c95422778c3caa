import { meanContrast, type Contrast } from '../statistics/pairedDifferences';
import { meanOf, summary, type Summary } from '../statistics/summary';

export type Verdict = 'holds' | 'does not hold' | 'undecided at this scale';

/**
 * What a claim requires of its contrasts:
 * - `each`: every contrast is above 0. Reported is the lowest one, or the lowest of those that refute the claim.
 * - `mean`: their mean is above 0.
 * - `little`: their mean is below `margin`.
 * - `equal`: their mean is within ± `margin`.
 * - `none`: every difference is exactly 0 (a count, without chance).
 */
export type Rule = 'each' | 'mean' | 'little' | 'equal' | 'none';

/** Seeds that a verdict requires: two values may agree by chance and then have too narrow an interval. */
export const minSeeds = 3;

/** Two results that differ by less count as on par, in points of top-1 accuracy. */
export const margin = 1;

export interface Judgement {
  readonly verdict: Verdict;
  /** Null if nothing can be compared. */
  readonly effect: number | null;
  /** 95 % confidence interval over seeds by Student's t; null with fewer than two seeds. */
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
  /** Which comparison `effect` is of; empty if that needs no label. */
  readonly label: string;
  /** Whether `effect` is the worst comparison or the mean of all. */
  readonly shown: 'worst' | 'mean';
  /** Comparisons with at least one record, those that `effect` is chosen from, and those that the claim requires. */
  readonly comparisons: { readonly recorded: number; readonly weighed: number; readonly required: number };
  /** Ids of the records that the verdict rests on. */
  readonly records: readonly string[];
}

/**
 * Tests contrasts against a rule. A claim cannot hold with fewer than `minSeeds` seeds or fewer than `required`
 * contrasts. If each of many contrasts must hold, one refutes the claim only with an interval that is widened for the
 * number of contrasts with enough seeds (Bonferroni).
 */
export function judge(contrasts: readonly Contrast[], rule: Rule, required = 1): Judgement {
  const recorded = contrasts.filter(({ differences }) => differences.length > 0);
  const { shown, verdict, weighed, kind } = outcomeOf(recorded, rule);
  const found = shown === undefined || shown.differences.length === 0 ? undefined : summary(valuesOf(shown));
  return {
    verdict: verdict === 'holds' && recorded.length < required ? 'undecided at this scale' : verdict,
    effect: found?.mean ?? null,
    low: found?.interval?.[0] ?? null,
    high: found?.interval?.[1] ?? null,
    seeds: found?.count ?? 0,
    label: shown?.label ?? '',
    shown: kind,
    comparisons: { recorded: recorded.length, weighed: weighed ?? recorded.length, required },
    records: [...new Set(recorded.flatMap(({ differences }) => differences.flatMap((one) => one.records)))],
  };
}

interface Outcome {
  /** The contrast to report; undefined if none was recorded. */
  readonly shown: Contrast | undefined;
  readonly verdict: Verdict;
  readonly kind: Judgement['shown'];
  /** The number of contrasts that `shown` was chosen from, if not all. */
  readonly weighed?: number;
}

function outcomeOf(recorded: readonly Contrast[], rule: Rule): Outcome {
  switch (rule) {
    case 'none':
      return testEqualCounts(recorded);
    case 'each':
      return testEach(recorded);
    default:
      return testMean(recorded, rule);
  }
}

function testEqualCounts(recorded: readonly Contrast[]): Outcome {
  const shown = maxBy(recorded, (one) => Math.abs(meanOf(valuesOf(one))));
  if (shown === undefined) return { shown, verdict: 'undecided at this scale', kind: 'worst' };
  const equal = recorded.every((one) => valuesOf(one).every((value) => value === 0));
  return { shown, verdict: equal ? 'holds' : 'does not hold', kind: 'worst' };
}

function testEach(recorded: readonly Contrast[]): Outcome {
  const enough = recorded.filter(({ differences }) => differences.length >= minSeeds);
  const corrected = 1 - 0.05 / enough.length;
  const against = enough.filter((one) => isBelowZero(summary(valuesOf(one), corrected)));
  const lowest = (contrasts: readonly Contrast[]): Contrast | undefined =>
    maxBy(contrasts, (one) => -meanOf(valuesOf(one)));
  if (against.length > 0)
    return { shown: lowest(against), verdict: 'does not hold', kind: 'worst', weighed: enough.length };
  const holds =
    recorded.length > 0 &&
    enough.length === recorded.length &&
    recorded.every((one) => isAboveZero(summary(valuesOf(one))));
  return { shown: lowest(recorded), verdict: holds ? 'holds' : 'undecided at this scale', kind: 'worst' };
}

function testMean(recorded: readonly Contrast[], rule: 'mean' | 'little' | 'equal'): Outcome {
  const labels = [...new Set(recorded.map(({ label }) => label))].filter((label) => label !== '');
  const shown = meanContrast(recorded, labels.join(', '));
  const verdict = shown.differences.length === 0 ? 'undecided at this scale' : ofMean(rule, summary(valuesOf(shown)));
  return { shown, verdict, kind: 'mean' };
}

function ofMean(rule: 'mean' | 'little' | 'equal', { interval, count }: Summary): Verdict {
  if (interval === null || count < minSeeds) return 'undecided at this scale';
  const [low, high] = interval;
  const { holds, fails } = {
    mean: { holds: low > 0, fails: high < 0 },
    little: { holds: high < margin, fails: low > margin },
    equal: { holds: low > -margin && high < margin, fails: low > margin || high < -margin },
  }[rule];
  return holds ? 'holds' : fails ? 'does not hold' : 'undecided at this scale';
}

const isAboveZero = ({ interval }: Summary): boolean => interval !== null && interval[0] > 0;
const isBelowZero = ({ interval }: Summary): boolean => interval !== null && interval[1] < 0;
const valuesOf = ({ differences }: Contrast): number[] => differences.map(({ value }) => value);

/** The contrast of the largest size; the first of several. Undefined for an empty list. */
function maxBy(contrasts: readonly Contrast[], size: (one: Contrast) => number): Contrast | undefined {
  return contrasts.reduce<Contrast | undefined>(
    (found, one) => (found === undefined || size(one) > size(found) ? one : found),
    undefined,
  );
}
