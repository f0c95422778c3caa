import { groupBy } from './group';
import type { RunRecord } from './record';
import { summary, type Summary } from './summary';

/** One comparison of two sides: a difference for each seed that both have, in points of top-1 unless told otherwise. */
export interface Contrast {
  /** What is compared, in words. */
  readonly of: string;
  readonly differences: readonly Difference[];
  /** Ids of the runs that it is computed from. */
  readonly records: readonly string[];
}

interface Difference {
  readonly seed: number;
  readonly value: number;
}

export type Verdict = 'holds' | 'does not hold' | 'undecided at this scale';

/**
 * `each`: every contrast must be above 0, and the worst is shown. `mean`: their mean must. `little`: their mean must be less than
 * `margin`. `equal`: their mean must be within it. `none`: no difference at all.
 */
export type Rule = 'each' | 'mean' | 'little' | 'equal' | 'none';

/** Two results this close count as on par, in points of top-1. */
export const margin = 1;

export interface Judgement {
  readonly verdict: Verdict;
  /** What the effect is of, where it is that of one contrast among several. */
  readonly of?: string;
  readonly effect: number | null;
  /** 95 % interval over seeds by Student's t; null where fewer than two seeds were run. */
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
  /** Ids of the runs that the effect is computed from. */
  readonly records: readonly string[];
}

/** The differences of two groups of runs, seed by seed; several runs of one seed and side are averaged. */
export function contrast(a: readonly RunRecord[], b: readonly RunRecord[], of = ''): Contrast {
  const [left, right] = [groupBy(a, ({ seed }) => String(seed)), groupBy(b, ({ seed }) => String(seed))];
  const seeds = [...left.keys()].filter((seed) => right.has(seed)).sort((x, y) => Number(x) - Number(y));
  return {
    of,
    differences: seeds.map((seed) => ({ seed: Number(seed), value: mean(left.get(seed)!.map(({ top1 }) => top1)) - mean(right.get(seed)!.map(({ top1 }) => top1)) })),
    records: seeds.flatMap((seed) => [...left.get(seed)!, ...right.get(seed)!].map(({ id }) => id)),
  };
}

/** The mean of contrasts, seed by seed over the seeds that all have: what varies is the seed, not the choice of pairs. */
export function together(all: readonly Contrast[], of = ''): Contrast {
  const contrasts = all.filter(({ differences }) => differences.length > 0);
  const [first] = contrasts;
  const at = ({ differences }: Contrast, seed: number): number | undefined => differences.find((one) => one.seed === seed)?.value;
  const seeds = (first?.differences ?? []).map(({ seed }) => seed).filter((seed) => contrasts.every((one) => at(one, seed) !== undefined));
  return {
    of,
    differences: seeds.map((seed) => ({ seed, value: mean(contrasts.map((one) => at(one, seed)!)) })),
    records: [...new Set(contrasts.flatMap(({ records }) => records))],
  };
}

/** The group with the highest mean, so that its own seeds are compared afterwards; none where there is none. */
export function best(groups: readonly (readonly RunRecord[])[]): readonly RunRecord[] {
  const level = (runs: readonly RunRecord[]): number => mean(runs.map(({ top1 }) => top1));
  return groups.reduce<readonly RunRecord[]>((most, runs) => (most.length === 0 || level(runs) > level(most) ? runs : most), []);
}

/**
 * Weighs contrasts by a rule. A single seed decides nothing but what has no chance in it: an effect without a spread may be luck.
 * Nor does it hold if not `complete`: what is true of one pair may not be true of all. Where each of many contrasts must hold, one
 * speaks against the claim only by an interval wide enough for all of them (Bonferroni).
 */
export function judge(all: readonly Contrast[], rule: Rule, complete = true): Judgement {
  const contrasts = all.filter(({ differences }) => differences.length > 0);
  const records = [...new Set(contrasts.flatMap((one) => one.records))];
  if (contrasts.length === 0) return { verdict: 'undecided at this scale', effect: null, low: null, high: null, seeds: 0, records };
  const told = (shown: Contrast, verdict: Verdict): Judgement => {
    const { mean: effect, interval } = summary(values(shown));
    return { verdict: verdict === 'holds' && !complete ? 'undecided at this scale' : verdict, ...(shown.of !== '' && { of: shown.of }), effect, low: interval?.[0] ?? null, high: interval?.[1] ?? null, seeds: shown.differences.length, records };
  };
  if (rule === 'each' || rule === 'none') {
    const worst = contrasts.reduce((a, b) => (mean(values(b)) < mean(values(a)) ? b : a));
    if (rule === 'none') return told(worst, contrasts.every((one) => values(one).every((value) => value === 0)) ? 'holds' : 'does not hold');
    const fails = contrasts.some((one) => below(summary(values(one), 1 - 0.05 / contrasts.length)));
    return told(worst, fails ? 'does not hold' : contrasts.every((one) => above(summary(values(one)))) ? 'holds' : 'undecided at this scale');
  }
  const joint = together(contrasts, contrasts.length === 1 ? contrasts[0]!.of : '');
  if (joint.differences.length === 0) return { verdict: 'undecided at this scale', effect: mean(contrasts.map((one) => mean(values(one)))), low: null, high: null, seeds: 0, records };
  return told(joint, ofMean(rule, summary(values(joint))));
}

function ofMean(rule: 'mean' | 'little' | 'equal', { interval }: Summary): Verdict {
  if (interval === null) return 'undecided at this scale';
  const [low, high] = interval;
  const { holds, fails } = {
    mean: { holds: low > 0, fails: high < 0 },
    little: { holds: high < margin, fails: low > margin },
    equal: { holds: low > -margin && high < margin, fails: low > margin || high < -margin },
  }[rule];
  return holds ? 'holds' : fails ? 'does not hold' : 'undecided at this scale';
}

const above = ({ interval }: Summary): boolean => interval !== null && interval[0] > 0;
const below = ({ interval }: Summary): boolean => interval !== null && interval[1] < 0;
const values = ({ differences }: Contrast): number[] => differences.map(({ value }) => value);

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}
