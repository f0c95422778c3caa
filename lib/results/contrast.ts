import { groupBy } from './group';
import type { RunRecord } from './record';
import { summary } from './summary';

/** One comparison of two sides: a difference for each seed that both have, in points of top-1 unless told otherwise. */
export interface Contrast {
  readonly differences: readonly number[];
  /** Ids of the runs that it is computed from. */
  readonly records: readonly string[];
}

export type Verdict = 'holds' | 'does not hold' | 'undecided at this scale';

/** `each`: every contrast must be above 0, and the worst is shown. `mean`: their mean. `equal`: their mean within a margin. `none`: no difference at all. */
export type Rule = 'each' | 'mean' | 'equal' | 'none';

/** Two results this close count as on par, in points of top-1. */
export const margin = 1;

export interface Judgement {
  readonly verdict: Verdict;
  readonly effect: number | null;
  /** 95 % interval over seeds by Student's t; null where fewer than two seeds were run. */
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
  /** Ids of the runs that the effect is computed from. */
  readonly records: readonly string[];
}

/** The differences of two groups of runs, seed by seed; several runs of one seed and side are averaged. */
export function contrast(a: readonly RunRecord[], b: readonly RunRecord[]): Contrast {
  const [left, right] = [groupBy(a, ({ seed }) => String(seed)), groupBy(b, ({ seed }) => String(seed))];
  const seeds = [...left.keys()].filter((seed) => right.has(seed)).sort();
  const average = (runs: readonly RunRecord[]): number => runs.reduce((sum, { top1 }) => sum + top1, 0) / runs.length;
  return {
    differences: seeds.map((seed) => average(left.get(seed)!) - average(right.get(seed)!)),
    records: seeds.flatMap((seed) => [...left.get(seed)!, ...right.get(seed)!].map(({ id }) => id)),
  };
}

/** The group with the highest mean, so that its own seeds are compared afterwards; none where there is none. */
export function best(groups: readonly (readonly RunRecord[])[]): readonly RunRecord[] {
  const mean = (runs: readonly RunRecord[]): number => summary(runs.map(({ top1 }) => top1)).mean;
  return groups.reduce<readonly RunRecord[]>((most, runs) => (most.length === 0 || mean(runs) > mean(most) ? runs : most), []);
}

/**
 * Weighs contrasts by a rule. A single seed decides nothing but what has no chance in it: an effect without a spread may be luck.
 * Nor do fewer contrasts than `wanted`: what is true of one pair may not be true of all.
 */
export function judge(all: readonly Contrast[], rule: Rule, wanted = 1): Judgement {
  const contrasts = all.filter(({ differences }) => differences.length > 0);
  const records = [...new Set(contrasts.flatMap((one) => one.records))];
  if (contrasts.length === 0) return { verdict: 'undecided at this scale', effect: null, low: null, high: null, seeds: 0, records };
  const singles = contrasts.map(({ differences }) => summary(differences));
  const worst = singles.reduce((a, b) => (b.mean < a.mean ? b : a));
  const seeds = Math.min(...singles.map(({ count }) => count));
  // The mean over pairs is taken seed by seed: what varies is the seed, not the choice of pairs.
  const together = rule === 'each' ? worst : summary(Array.from({ length: seeds }, (_, seed) =>
    contrasts.reduce((sum, { differences }) => sum + differences[seed]!, 0) / contrasts.length));
  const [low, high] = together.interval ?? [null, null];
  if (rule === 'none') return { verdict: singles.every(({ mean }) => mean === 0) ? 'holds' : 'does not hold', effect: together.mean, low, high, seeds, records };
  const said = verdict(rule, rule === 'each' ? singles.map(({ interval }) => interval) : [together.interval]);
  return { verdict: said === 'holds' && contrasts.length < wanted ? 'undecided at this scale' : said, effect: together.mean, low, high, seeds, records };
}

function verdict(rule: Rule, intervals: readonly (readonly [number, number] | null)[]): Verdict {
  const holds = ([low, high]: readonly [number, number]): boolean => (rule === 'equal' ? low > -margin && high < margin : low > 0);
  const fails = ([low, high]: readonly [number, number]): boolean => (rule === 'equal' ? low > margin || high < -margin : high < 0);
  if (intervals.some((interval) => interval !== null && fails(interval))) return 'does not hold';
  return intervals.every((interval) => interval !== null && holds(interval)) ? 'holds' : 'undecided at this scale';
}
