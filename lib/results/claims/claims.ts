import { methodName } from '../methodName';
import type { RunRecord } from '../records/record';
import type { SimilarityRecord } from '../records/similarityRecord';
import { groupBy } from '../statistics/groupBy';
import { contrast, meanContrast, type Contrast } from '../statistics/pairedDifferences';
import { familyOf } from './family';
import { familySimilarity } from './familySimilarity';
import { margin, type Rule } from './judge';
import {
  bestGroup,
  byMethod,
  conditions,
  exponentOf,
  groupByPair,
  hasMainSettings,
  isMethod,
  pairName,
  pairsWhere,
  scratchRuns,
  stagesText,
  weightAndClippingText,
} from './runGroups';

/** The records that claims are tested on. */
export interface Evidence {
  readonly runs: readonly RunRecord[];
  readonly similarities: readonly SimilarityRecord[];
  /** OFA's exponent in the main tables. */
  readonly exponent: number;
  /** Number of values in a weight file by its SHA-256, for records that do not contain it. */
  readonly savedValues?: ReadonlyMap<string, number>;
}

/** A claim of the paper and how our records test it. */
export interface Claim {
  readonly text: string;
  /**
   * What is compared, in one or two sentences. Effects are in points of top-1 accuracy unless `unit` says otherwise.
   */
  readonly test: string;
  readonly unit?: 'CKA' | 'values';
  /** The comparisons; empty if no record bears on the claim. */
  readonly contrasts: (evidence: Evidence) => readonly Contrast[];
  readonly rule: Rule;
  /** The number of comparisons that the claim is about; with fewer it cannot hold. Default 1. */
  readonly required?: number;
}

/** The baselines of the paper's tables. RSD is later than the paper, and BKD is in none of its tables. */
const baselines = ['kd', 'dkd', 'dist', 'fitnet', 'correlation', 'rkd', 'crd'];

/** The paper's claims, in the order of its text. */
export const claims: readonly Claim[] = [
  {
    text:
      'Networks of the same family have similar features; networks of different families do not ' +
      '(CKA at equal depth).',
    test:
      'CKA at equal relative depth: mean within a family minus mean with the other families, for each family. ' +
      'Each seed draws other test images; the six networks stay the same.',
    unit: 'CKA',
    rule: 'each',
    required: 3,
    contrasts: ({ similarities }) => familySimilarity(similarities, ({ likeDepth }) => likeDepth),
  },
  {
    text: 'Feature hints (FitNet) help little, or even hurt, across families.',
    test: `FitNet minus training from scratch, mean over cross-family pairs. “Little” means less than ${margin} point.`,
    rule: 'little',
    contrasts: ({ runs }) =>
      pairsWhere(runs, { sameFamily: false }).map((pair) =>
        contrast(pair.filter(isMethod('fitnet')), scratchRuns(pair, runs), pairName(pair[0]!)),
      ),
  },
  {
    text: 'OFA beats every baseline on every CIFAR-100 pair.',
    test: 'OFA minus each baseline on each cross-family pair.',
    rule: 'each',
    required: 6 * baselines.length,
    contrasts: (evidence) => ofaOverBaselines(evidence, 'cifar-100'),
  },
  {
    text: 'OFA also beats the baselines on the ImageNet pairs.',
    test: 'OFA minus each baseline on each cross-family pair of ImageNet.',
    rule: 'each',
    required: 15 * baselines.length,
    contrasts: (evidence) => ofaOverBaselines(evidence, 'imagenet'),
  },
  {
    text: 'Exit branches at all four stages work best.',
    test: 'Four branches minus each other choice of stages, mean over pairs.',
    rule: 'each',
    required: 6,
    contrasts: ({ runs, exponent }) => {
      const ofaPairs = groupByPair(runs.filter(isMethod('ofa')));
      const pairs = ofaPairs.map((pair) => pair.filter((run) => hasMainSettings(run, exponent, 'stages')));
      return chosenOverOthers(pairs, stagesText, 'stages 1, 2, 3, 4');
    },
  },
  {
    text: 'An exponent above 1 helps, and the best exponent differs between pairs.',
    test:
      'Mean over the exponents from 1.1 to 1.4, minus exponent 1 (released form of the loss), mean over pairs. ' +
      'This is stricter than the claim, which is about the best exponent.',
    rule: 'mean',
    contrasts: raisedExponents,
  },
  {
    text: 'A loss weight of 1 with gradients clipped at norm 5 works best.',
    test: 'Weight 1 clipped at 5, minus each other combination, mean over pairs.',
    rule: 'each',
    required: 5,
    contrasts: ({ runs, exponent }) => {
      const ofaPairs = groupByPair(runs.filter(isMethod('ofa')), ['clipNorm']);
      const pairs = ofaPairs.map((pair) => pair.filter((run) => hasMainSettings(run, exponent, 'weight')));
      return chosenOverOthers(pairs, weightAndClippingText, 'weight 1, clipped at 5');
    },
  },
  {
    text: 'With a teacher of the student’s own family, OFA is on par with the best baseline.',
    test:
      'OFA minus the best recorded baseline (we plan runs of KD only), mean over same-family pairs. ' +
      `“On par” means within ${margin} point.`,
    rule: 'equal',
    contrasts: ({ runs, exponent }) =>
      pairsWhere(runs, { sameFamily: true }).map((pair) => {
        const baseline = bestGroup(byMethod(pair.filter(isBaseline)));
        return contrast(mainRuns(pair, exponent), baseline, `minus ${methodName(baseline[0]?.method ?? '')}`);
      }),
  },
  {
    text:
      'A transformer is a better teacher for a CNN than another CNN ' +
      '(in the paper ViT-B and ResNet-152 for ResNet-50).',
    test:
      'A CNN with a transformer as its teacher, minus the same CNN with a CNN as its teacher, both with OFA. ' +
      'The teachers differ in their own accuracy, too.',
    rule: 'mean',
    contrasts: transformerOverCnnTeacher,
  },
  {
    text: 'Exit branches cost nothing at inference.',
    test:
      'Number of values in the weight file of a student trained with OFA, minus that of the same network trained ' +
      'from scratch.',
    unit: 'values',
    rule: 'none',
    contrasts: savedSizes,
  },
  {
    text: 'A limitation: a CNN may still learn more from a teacher of its own family.',
    test:
      'A CNN with a CNN teacher, minus the same CNN with a teacher of another family, each with its best of KD, OFA ' +
      'and RSD, mean over the other families. The teachers differ in their own accuracy, too.',
    rule: 'mean',
    contrasts: ownFamilyOverOthers,
  },
];

const isBaseline = ({ method }: RunRecord): boolean => baselines.includes(method);

/** The OFA runs of a pair that belong to the main tables. */
const mainRuns = (pair: readonly RunRecord[], exponent: number): RunRecord[] =>
  pair.filter((run) => run.method === 'ofa' && hasMainSettings(run, exponent));

/** OFA against each recorded baseline of each cross-family pair. */
function ofaOverBaselines({ runs, exponent }: Evidence, dataset: 'cifar-100' | 'imagenet'): Contrast[] {
  return pairsWhere(runs, { sameFamily: false, dataset }).flatMap((pair) =>
    byMethod(pair.filter(isBaseline)).map((baseline) =>
      contrast(mainRuns(pair, exponent), baseline, `${pairName(pair[0]!)}, ${methodName(baseline[0]!.method)}`),
    ),
  );
}

/** One value of a setting against each other value; each contrast is the mean over the pairs that have both. */
function chosenOverOthers(
  pairs: readonly (readonly RunRecord[])[],
  settingOf: (run: RunRecord) => string,
  chosen: string,
): Contrast[] {
  const others = [...new Set(pairs.flat().map(settingOf))].filter((value) => value !== chosen);
  const runsWith = (pair: readonly RunRecord[], value: string): RunRecord[] =>
    pair.filter((run) => settingOf(run) === value);
  return others.map((other) =>
    meanContrast(
      pairs.map((pair) => contrast(runsWith(pair, chosen), runsWith(pair, other))),
      other,
    ),
  );
}

/** The mean over exponents from 1.1 to 1.4 against exponent 1, for each pair. */
function raisedExponents({ runs, exponent }: Evidence): Contrast[] {
  return groupByPair(runs.filter(isMethod('ofa'))).map((pair) => {
    const sweep = pair.filter((run) => hasMainSettings(run, exponent, 'exponent'));
    const raised = sweep.filter((run) => exponentOf(run) >= 1.1 && exponentOf(run) <= 1.4);
    const groups = [...groupBy(raised, (run) => String(exponentOf(run))).values()];
    // Only seeds that have every exponent: means over different sets of exponents would not be comparable.
    const complete = raised.filter(({ seed }) => groups.every((group) => group.some((run) => run.seed === seed)));
    const unraised = sweep.filter((run) => exponentOf(run) === 1);
    return contrast(complete, unraised, pairName(pair[0]!));
  });
}

/** Each CNN with a transformer as its teacher against the same CNN with a CNN as its teacher, both with OFA. */
function transformerOverCnnTeacher({ runs, exponent }: Evidence): Contrast[] {
  const pairs = [true, false].flatMap((sameFamily) => pairsWhere(runs, { sameFamily }));
  const ofCnn = pairs.flatMap((pair) => mainRuns(pair, exponent)).filter(({ student }) => familyOf(student) === 'cnn');
  const students = groupBy(ofCnn, (run) => `${run.student} ${conditions(run)}`);
  return [...students.values()].map((distilled) => {
    const [transformer, cnn] = (['transformer', 'cnn'] as const).map((family) =>
      distilled.filter(({ teacher }) => teacher !== null && familyOf(teacher) === family),
    );
    return contrast(transformer!, cnn!, `${teacherText(transformer!)} and ${teacherText(cnn!)}`);
  });
}

/** Each CNN with a CNN teacher against the same CNN with each other teacher, each with its best method. */
function ownFamilyOverOthers({ runs, exponent }: Evidence): Contrast[] {
  const [own, cross] = [true, false].map((sameFamily) =>
    pairsWhere(runs, { sameFamily })
      .filter(([run]) => run !== undefined && familyOf(run.student) === 'cnn')
      .map((pair) => bestGroup(byMethod([...mainRuns(pair, exponent), ...pair.filter(isKdOrRsd)])))
      .filter((best) => best.length > 0),
  );
  const text = (best: readonly RunRecord[]): string => `${teacherText(best)} with ${methodName(best[0]?.method ?? '')}`;
  return own!.flatMap((same) =>
    cross!
      .filter(([run]) => run?.student === same[0]?.student && haveSameConditions(run, same[0]))
      .map((other) => contrast(same, other, `${text(same)} and ${text(other)}`)),
  );
}

const isKdOrRsd = ({ method }: RunRecord): boolean => method === 'kd' || method === 'rsd';

const haveSameConditions = (a: RunRecord | undefined, b: RunRecord | undefined): boolean =>
  a !== undefined && b !== undefined && conditions(a) === conditions(b);

/** The teachers of some runs, with their own top-1 where it is recorded: `vit_96 (47.6 %)`. */
function teacherText(runs: readonly RunRecord[]): string {
  const texts = runs.map(({ teacher, teacherTop1 }) =>
    teacherTop1 === undefined ? `${teacher}` : `${teacher} (${teacherTop1.toFixed(1)} %)`,
  );
  return [...new Set(texts)].join(', ');
}

/** Number of values that OFA's students save against that of the same students from scratch, seed by seed. */
function savedSizes({ runs, savedValues }: Evidence): Contrast[] {
  const sized = runs.flatMap((run) => {
    const size = run.measures?.['numbersSaved'] ?? savedValues?.get(run.weights?.sha256 ?? '');
    return size === undefined ? [] : [{ ...run, top1: size }];
  });
  const groups = groupBy(sized, ({ student, profile, dataset }) => `${student} ${profile} ${dataset}`);
  return [...groups.values()].map((group) =>
    contrast(group.filter(isMethod('ofa')), group.filter(isMethod('scratch')), group[0]!.student),
  );
}
