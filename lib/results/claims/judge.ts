import { groupBy } from '../statistics/groupBy';
import type { RunRecord } from '../records/record';
import { summary, type Summary } from '../statistics/summary';

/** One comparison of two sides: a difference for each seed that both have, in points of top-1 unless told otherwise. */
export interface Contrast {
  /** What is compared, in words. */
  readonly of: string;
  readonly differences: readonly Difference[];
}

interface Difference {
  readonly seed: number;
  readonly value: number;
  /** Ids of the records that it is computed from. */
  readonly records: readonly string[];
}

export type Verdict = 'holds' | 'does not hold' | 'undecided at this scale';

/**
 * `each`: every contrast must be above 0; the worst is shown, or where any decides against the claim the worst of those that do.
 * `mean`: their mean must. `little`: their mean must be less than `margin`. `equal`: their mean must be within it. `none`: no
 * difference at all.
 */
export type Rule = 'each' | 'mean' | 'little' | 'equal' | 'none';

/** Seeds that a verdict takes: two differences may be the same by chance, and their interval then as narrow as none should be. */
const decisive = 3;

/** Two results this close count as on par, in points of top-1. */
export const margin = 1;

export interface Judgement {
  readonly verdict: Verdict;
  /** What the effect is of, where that is not all of the test. */
  readonly of?: string;
  /** Null where nothing can be compared. */
  readonly effect: number | null;
  /** 95 % interval over seeds by Student's t; null where fewer than two seeds were run. */
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
  /** Ids of the records that the verdict rests on. */
  readonly records: readonly string[];
}

/** The differences of two groups of runs, seed by seed; several runs of one seed and side are averaged. */
export function contrast(a: readonly RunRecord[], b: readonly RunRecord[], of = ''): Contrast {
  const [left, right] = [groupBy(a, ({ seed }) => String(seed)), groupBy(b, ({ seed }) => String(seed))];
  const seeds = [...left.keys()].filter((seed) => right.has(seed)).sort((x, y) => Number(x) - Number(y));
  return {
    of,
    differences: seeds.map((seed) => {
      const [ours, others] = [left.get(seed)!, right.get(seed)!];
      return {
        seed: Number(seed),
        value: mean(ours.map(({ top1 }) => top1)) - mean(others.map(({ top1 }) => top1)),
        records: [...ours, ...others].map(({ id }) => id),
      };
    }),
  };
}

/** The mean of contrasts, seed by seed over the seeds that all have: what varies is the seed, not the choice of pairs. */
export function together(all: readonly Contrast[], of = ''): Contrast {
  const contrasts = all.filter(({ differences }) => differences.length > 0);
  const seeds = (contrasts[0]?.differences ?? []).map(({ seed }) => seed);
  return {
    of,
    differences: seeds.flatMap((seed) => {
      const found = contrasts.flatMap(({ differences }) => differences.filter((one) => one.seed === seed));
      return found.length < contrasts.length
        ? []
        : [
            {
              seed,
              value: mean(found.map(({ value }) => value)),
              records: [...new Set(found.flatMap(({ records }) => records))],
            },
          ];
    }),
  };
}

/** The group with the highest mean, so that its own seeds are compared afterwards; none where there is none. */
export function best(groups: readonly (readonly RunRecord[])[]): readonly RunRecord[] {
  const level = (runs: readonly RunRecord[]): number => mean(runs.map(({ top1 }) => top1));
  return groups.reduce<readonly RunRecord[]>(
    (most, runs) => (most.length === 0 || level(runs) > level(most) ? runs : most),
    [],
  );
}

/**
 * Weighs contrasts by a rule. Fewer seeds than `decisive` decide nothing but what has no chance in it.
 * Nor does it hold by fewer comparisons than are `needed`: what is true of one may not be true of all. Where each of many contrasts must
 * hold, one speaks against the claim only by an interval wide enough for all that have one (Bonferroni).
 */
export function judge(all: readonly Contrast[], rule: Rule, needed = 1): Judgement {
  const contrasts = all.filter(({ differences }) => differences.length > 0);
  const records = [...new Set(contrasts.flatMap(({ differences }) => differences.flatMap((one) => one.records)))];
  const nothing: Judgement = {
    verdict: 'undecided at this scale',
    effect: null,
    low: null,
    high: null,
    seeds: 0,
    records,
  };
  if (contrasts.length === 0) return nothing;
  const few = contrasts.length < needed;
  const told = (shown: Contrast, kind: 'worst' | 'mean', verdict: Verdict, weighed = contrasts.length): Judgement => {
    const { mean: effect, interval, count: seeds } = summary(values(shown));
    const chosen =
      weighed < contrasts.length
        ? `${weighed} with ${decisive} seeds or more, among ${contrasts.length}`
        : String(contrasts.length);
    const among =
      contrasts.length > 1 || few ? `the ${kind} of ${chosen}${few ? `; to hold takes ${needed}` : ''}` : '';
    const of = [shown.of, among].filter((part) => part !== '').join('; ');
    return {
      verdict: verdict === 'holds' && few ? 'undecided at this scale' : verdict,
      ...(of !== '' && { of }),
      effect,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
      seeds,
      records,
    };
  };
  switch (rule) {
    case 'none': {
      const worst = mostBy(contrasts, (one) => Math.abs(mean(values(one))));
      return told(
        worst,
        'worst',
        contrasts.every((one) => values(one).every((value) => value === 0)) ? 'holds' : 'does not hold',
      );
    }
    case 'each': {
      const spread = contrasts.filter(({ differences }) => differences.length >= decisive);
      const against = spread.filter((one) => below(summary(values(one), 1 - 0.05 / spread.length)));
      const worst = mostBy(against.length > 0 ? against : contrasts, (one) => -mean(values(one)));
      if (against.length > 0) return told(worst, 'worst', 'does not hold', spread.length);
      return told(
        worst,
        'worst',
        spread.length === contrasts.length && contrasts.every((one) => above(summary(values(one))))
          ? 'holds'
          : 'undecided at this scale',
      );
    }
    default: {
      const joint = together(
        contrasts,
        [...new Set(contrasts.map(({ of }) => of))].filter((of) => of !== '').join(', '),
      );
      return joint.differences.length === 0 ? nothing : told(joint, 'mean', ofMean(rule, summary(values(joint))));
    }
  }
}

function ofMean(rule: 'mean' | 'little' | 'equal', { interval, count }: Summary): Verdict {
  if (interval === null || count < decisive) return 'undecided at this scale';
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
const mostBy = (contrasts: readonly Contrast[], size: (one: Contrast) => number): Contrast =>
  contrasts.reduce((a, b) => (size(b) > size(a) ? b : a));
const values = ({ differences }: Contrast): number[] => differences.map(({ value }) => value);

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}
