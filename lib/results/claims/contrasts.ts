import { methodName } from '../methodName';
import type { RunRecord } from '../records/record';
import type { SimilarityRecord } from '../records/similarityRecord';
import { groupBy } from '../statistics/groupBy';
import { contrast, meanContrast, type Contrast } from '../statistics/pairedDifferences';
import { familyOf } from './family';
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

/** The baselines of the paper's tables. RSD is later than the paper, and BKD is in none of its tables. */
export const baselines = ['kd', 'dkd', 'dist', 'fitnet', 'correlation', 'rkd', 'crd'];

const isBaseline = ({ method }: RunRecord): boolean => baselines.includes(method);

/** The OFA runs of a pair that belong to the main tables. */
const mainRuns = (pair: readonly RunRecord[], exponent: number): RunRecord[] =>
  pair.filter((run) => run.method === 'ofa' && hasMainSettings(run, exponent));

/** OFA against each recorded baseline of each cross-family pair. */
export function ofaOverBaselines({ runs, exponent }: Evidence, dataset: 'cifar-100' | 'imagenet'): Contrast[] {
  return pairsWhere(runs, { sameFamily: false, dataset }).flatMap((pair) =>
    byMethod(pair.filter(isBaseline)).map((baseline) =>
      contrast(mainRuns(pair, exponent), baseline, `${pairName(pair[0]!)}, ${methodName(baseline[0]!.method)}`),
    ),
  );
}

/** FitNet against training from scratch, for each cross-family pair. */
export function fitNetOverScratch({ runs }: Evidence): Contrast[] {
  return pairsWhere(runs, { sameFamily: false }).map((pair) =>
    contrast(pair.filter(isMethod('fitnet')), scratchRuns(pair, runs), pairName(pair[0]!)),
  );
}

/** OFA against the best recorded baseline of each same-family pair. */
export function ofaOverBestBaseline({ runs, exponent }: Evidence): Contrast[] {
  return pairsWhere(runs, { sameFamily: true }).map((pair) => {
    const baseline = bestGroup(byMethod(pair.filter(isBaseline)));
    return contrast(mainRuns(pair, exponent), baseline, `minus ${methodName(baseline[0]?.method ?? '')}`);
  });
}

/** Branches at all four stages against each other choice of stages. */
export function fourBranchesOverOthers({ runs, exponent }: Evidence): Contrast[] {
  const ofaPairs = groupByPair(runs.filter(isMethod('ofa')));
  const pairs = ofaPairs.map((pair) => pair.filter((run) => hasMainSettings(run, exponent, 'stages')));
  return chosenOverOthers(pairs, stagesText, 'stages 1, 2, 3, 4');
}

/** Weight 1 with gradients clipped at norm 5 against each other combination. */
export function paperSettingOverOthers({ runs, exponent }: Evidence): Contrast[] {
  const ofaPairs = groupByPair(runs.filter(isMethod('ofa')), ['clipNorm']);
  const pairs = ofaPairs.map((pair) => pair.filter((run) => hasMainSettings(run, exponent, 'weight')));
  return chosenOverOthers(pairs, weightAndClippingText, 'weight 1, clipped at 5');
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
export function raisedExponents({ runs, exponent }: Evidence): Contrast[] {
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
export function transformerOverCnnTeacher({ runs, exponent }: Evidence): Contrast[] {
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
export function ownFamilyOverOthers({ runs, exponent }: Evidence): Contrast[] {
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
export function savedSizes({ runs, savedValues }: Evidence): Contrast[] {
  const sized = runs.flatMap((run) => {
    const size = run.measures?.['numbersSaved'] ?? savedValues?.get(run.weights?.sha256 ?? '');
    return size === undefined ? [] : [{ ...run, top1: size }];
  });
  const groups = groupBy(sized, ({ student, profile, dataset }) => `${student} ${profile} ${dataset}`);
  return [...groups.values()].map((group) =>
    contrast(group.filter(isMethod('ofa')), group.filter(isMethod('scratch')), group[0]!.student),
  );
}
