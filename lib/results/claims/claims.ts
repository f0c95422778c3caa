import { best, contrast, judge, margin, together, type Contrast, type Judgement, type Rule } from './judge';
import { familyOf } from './family';
import { groupBy } from '../statistics/groupBy';
import {
  aloneLike,
  conditions,
  exponentOf,
  isMethod,
  pairName,
  pairsOf,
  stagesOf,
  taughtPairs,
  usual,
  weightAndClip,
} from './runGroups';
import type { RunRecord } from '../records/record';
import type { SimilarityRecord } from '../records/similarityRecord';

/** A claim of the paper and what our records say of it. Effects are in points of top-1 unless the test says otherwise. */
export interface Finding extends Judgement {
  /** Its number in the list of the paper's claims. */
  readonly claim: number;
  readonly text: string;
  readonly test: string;
}

export interface Evidence {
  readonly runs: readonly RunRecord[];
  readonly similarities: readonly SimilarityRecord[];
  /** The exponent of OFA in the main tables. */
  readonly exponent: number;
  /** Numbers in a file of weights by its SHA-256, for runs that do not tell it. */
  readonly saved?: ReadonlyMap<string, number>;
}

interface Claim {
  readonly text: string;
  readonly test: string;
  /** What is compared: nothing where no record bears on it. */
  readonly contrasts: (evidence: Evidence) => readonly Contrast[];
  readonly rule: Rule;
  /** How many comparisons it speaks of: with fewer it cannot hold. */
  readonly needed?: number;
}

/** The baselines of the paper's tables: RSD came after it, and BKD is in none of them. */
const baselines = ['kd', 'dkd', 'dist', 'fitnet', 'correlation', 'rkd', 'crd'];

/** The claims of the paper in the order of its text, each with the test that our records put it to. */
const claims: readonly Claim[] = [
  {
    text: 'Features of like-family networks are similar by CKA at like depth; those of different families differ.',
    test: 'CKA at like depth of two networks of one family, minus the mean of that family’s networks with those of others, in each family; the worst is shown (a difference of CKA, not of top-1; a seed chooses test images, the six networks stay)',
    rule: 'each',
    needed: 3,
    contrasts: ({ similarities }) => likeness(similarities),
  },
  {
    text: 'Hints on features (FitNet) help little or hurt across families.',
    test: `FitNet minus the student alone, mean over cross-family pairs; little means less than ${margin} point`,
    rule: 'little',
    contrasts: ({ runs }) =>
      taughtPairs(runs, false).map((pair) =>
        contrast(pair.filter(isMethod('fitnet')), aloneLike(pair, runs), pairName(pair[0]!)),
      ),
  },
  {
    text: 'OFA beats every baseline on each CIFAR-100 pair.',
    test: 'OFA minus each baseline in every cross-family pair; the worst is shown',
    rule: 'each',
    needed: 6 * baselines.length,
    contrasts: ({ runs, exponent }) =>
      taughtPairs(runs, false, 'cifar-100').flatMap((pair) => overBaselines(pair, exponent)),
  },
  {
    text: 'OFA beats the baselines on the ImageNet pairs as well.',
    test: 'OFA minus each baseline in every cross-family pair on ImageNet; the worst is shown',
    rule: 'each',
    needed: 15 * baselines.length,
    contrasts: ({ runs, exponent }) =>
      taughtPairs(runs, false, 'imagenet').flatMap((pair) => overBaselines(pair, exponent)),
  },
  {
    text: 'Branches at all four stages are best.',
    test: 'four branches minus each other set of them, mean over pairs; the worst is shown',
    rule: 'each',
    needed: 6,
    contrasts: ({ runs, exponent }) =>
      overOthers(
        pairsOf(runs.filter(isMethod('ofa'))).map((pair) => pair.filter((run) => usual(run, exponent, 'stages'))),
        stagesOf,
        '1,2,3,4',
        'stages',
      ),
  },
  {
    text: 'An exponent above 1 helps; the best differs from pair to pair.',
    test: 'mean over exponents between 1.1 and 1.4, minus exponent 1, released form, mean over pairs (harsher than the claim, which is about the best of them)',
    rule: 'mean',
    contrasts: ({ runs, exponent }) =>
      pairsOf(runs.filter(isMethod('ofa'))).map((pair) => {
        const swept = pair.filter((run) => usual(run, exponent, 'exponent'));
        const raised = [
          ...groupBy(
            swept.filter((run) => exponentOf(run) >= 1.1 && exponentOf(run) <= 1.4),
            (run) => String(exponentOf(run)),
          ).values(),
        ];
        // Only seeds that have every value: a mean over other values would be another mean.
        const whole = raised.flat().filter(({ seed }) => raised.every((runs) => runs.some((run) => run.seed === seed)));
        return contrast(
          whole,
          swept.filter((run) => exponentOf(run) === 1),
          pairName(pair[0]!),
        );
      }),
  },
  {
    text: 'A loss scale of 1 with gradients clipped at norm 5 is best.',
    test: 'scale 1 clipped at 5, minus each other combination, mean over pairs; the worst is shown',
    rule: 'each',
    needed: 5,
    contrasts: ({ runs, exponent }) =>
      overOthers(
        pairsOf(runs.filter(isMethod('ofa')), ['clipNorm']).map((pair) =>
          pair.filter((run) => usual(run, exponent, 'weight')),
        ),
        weightAndClip,
        '1, clipping 5',
        'weight',
      ),
  },
  {
    text: 'With a teacher of the student’s own family OFA is on par with the best baseline.',
    test: `OFA minus the best of the paper’s baselines that are recorded there (KD alone is planned), mean over like-family pairs; on par means within ${margin} point`,
    rule: 'equal',
    contrasts: ({ runs, exponent }) =>
      taughtPairs(runs, true).map((pair) => {
        const baseline = best(byMethod(pair.filter(isBaseline)));
        return contrast(main(pair, exponent), baseline, `minus ${baseline[0]?.method}`);
      }),
  },
  {
    text: 'A transformer teaches a CNN better than a CNN does (the paper: ViT-B and ResNet-152 teach ResNet-50).',
    test: 'a CNN taught by a transformer, minus the same taught by a CNN, both by OFA; how good the teachers are counts besides their family',
    rule: 'mean',
    contrasts: ({ runs, exponent }) =>
      cnnStudents(runs, exponent).map((taught) => {
        const [transformer, cnn] = [taughtBy(taught, 'transformer'), taughtBy(taught, 'cnn')];
        return contrast(transformer, cnn, `${strength(transformer)} and ${strength(cnn)}`);
      }),
  },
  {
    text: 'Branches add nothing at inference.',
    test: 'numbers in the file of the saved student, minus those in the file of the same network trained without a teacher (a count, not top-1)',
    rule: 'none',
    contrasts: sizeContrasts,
  },
  {
    text: 'A limit: a CNN may still learn more from a teacher of its own family.',
    test: 'a CNN taught by a CNN, minus the same taught by another family, each by the best of KD, OFA and RSD, mean over the other families; how good the teachers are counts besides their family',
    rule: 'mean',
    contrasts: ({ runs, exponent }) => {
      const [like, cross] = [true, false].map((same) =>
        taughtPairs(runs, same).filter(([run]) => run !== undefined && familyOf(run.student) === 'cnn'),
      );
      const strongest = (pair: readonly RunRecord[]): readonly RunRecord[] =>
        best(byMethod([...main(pair, exponent), ...pair.filter(({ method }) => method === 'kd' || method === 'rsd')]));
      const told = (side: readonly RunRecord[]): string => `${strength(side)} by ${side[0]?.method}`;
      return like!.flatMap((own) =>
        cross!
          .filter(([run]) => run?.student === own[0]?.student && sameConditions(run, own[0]))
          .map((other) => {
            const [a, b] = [strongest(own), strongest(other)];
            return contrast(a, b, `${told(a)} and ${told(b)}`);
          }),
      );
    },
  },
];

/** Every claim of the paper with its verdict. */
export function ledger(evidence: Evidence): Finding[] {
  return claims.map(({ text, test, contrasts, rule, needed }, index) => ({
    claim: index + 1,
    text,
    test,
    ...judge(contrasts(evidence), rule, needed),
  }));
}

const isBaseline = ({ method }: RunRecord): boolean => baselines.includes(method);
const byMethod = (runs: readonly RunRecord[]): (readonly RunRecord[])[] => [
  ...groupBy(runs, ({ method }) => method).values(),
];
const main = (pair: readonly RunRecord[], exponent: number): RunRecord[] =>
  pair.filter(isMethod('ofa')).filter((run) => usual(run, exponent));

/** OFA against each baseline that a pair has. */
function overBaselines(pair: readonly RunRecord[], exponent: number): Contrast[] {
  return byMethod(pair.filter(isBaseline)).map((runs) =>
    contrast(main(pair, exponent), runs, `${pairName(runs[0]!)}, ${runs[0]!.method}`),
  );
}

/** One setting against each other one, each the mean over the pairs that have both. */
function overOthers(
  pairs: readonly (readonly RunRecord[])[],
  settingOf: (run: RunRecord) => string,
  chosen: string,
  what: string,
): Contrast[] {
  const others = [...new Set(pairs.flat().map(settingOf))].filter((one) => one !== chosen);
  return others.map((other) =>
    together(
      pairs.map((pair) =>
        contrast(
          pair.filter((run) => settingOf(run) === chosen),
          pair.filter((run) => settingOf(run) === other),
        ),
      ),
      `${what} ${other}`,
    ),
  );
}

/** The teachers of some runs, with their own top-1 where it is known. */
function strength(runs: readonly RunRecord[]): string {
  return [
    ...new Set(
      runs.map(
        ({ teacher, teacherTop1 }) => `${teacher}${teacherTop1 === undefined ? '' : ` (${teacherTop1.toFixed(1)} %)`}`,
      ),
    ),
  ].join(', ');
}

/** Runs of OFA that teach one CNN, by student and conditions. */
function cnnStudents(runs: readonly RunRecord[], exponent: number): (readonly RunRecord[])[] {
  const taught = [true, false].flatMap((like) => taughtPairs(runs, like)).flatMap((pair) => main(pair, exponent));
  return [
    ...groupBy(
      taught.filter(({ student }) => familyOf(student) === 'cnn'),
      (run) => `${run.student} ${conditions(run)}`,
    ).values(),
  ];
}

const sameConditions = (a: RunRecord | undefined, b: RunRecord | undefined): boolean =>
  a !== undefined && b !== undefined && conditions(a) === conditions(b);

function taughtBy(runs: readonly RunRecord[], family: ReturnType<typeof familyOf>): RunRecord[] {
  return runs.filter(({ teacher }) => teacher !== null && familyOf(teacher) === family);
}

/** Numbers in the file that OFA saved against those in what was saved without a teacher, seed by seed. */
function sizeContrasts({ runs, saved }: Evidence): Contrast[] {
  const sized = runs.flatMap((run) => {
    const size = run.measures?.['numbersSaved'] ?? saved?.get(run.weights?.sha256 ?? '');
    return size === undefined ? [] : [{ ...run, top1: size }];
  });
  return [...groupBy(sized, ({ student, profile, dataset }) => `${student} ${profile} ${dataset}`).values()].map(
    (group) => contrast(group.filter(isMethod('ofa')), group.filter(isMethod('scratch')), group[0]!.student),
  );
}

/** For each family: its own networks with one another, against those with networks of other families, on as many of CIFAR-100's test images as were ever taken. */
function likeness(similarities: readonly SimilarityRecord[]): Contrast[] {
  const real = similarities.filter(({ a, b, dataset }) => a.network !== b.network && dataset === 'cifar-100');
  const most = real.filter(({ examples }) => examples === Math.max(...real.map((one) => one.examples)));
  const alike = most.filter(({ a, b }) => a.family === b.family);
  const mean = (records: readonly SimilarityRecord[]): number =>
    records.reduce((sum, { likeDepth }) => sum + likeDepth, 0) / records.length;
  return [...groupBy(alike, ({ a }) => a.family)].map(([family, own]) => ({
    of: [...new Set(own.map(({ a, b }) => `${a.network} and ${b.network}`))].join(', '),
    differences: [...groupBy(own, ({ seed }) => String(seed)).values()].flatMap((like) => {
      const cross = most.filter(
        ({ a, b, seed }) =>
          seed === like[0]!.seed && a.family !== b.family && (a.family === family || b.family === family),
      );
      return cross.length === 0
        ? []
        : [{ seed: like[0]!.seed, value: mean(like) - mean(cross), records: [...like, ...cross].map(({ id }) => id) }];
    }),
  }));
}
