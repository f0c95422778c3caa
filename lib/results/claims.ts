import { best, contrast, judge, margin, together, type Contrast, type Judgement, type Rule } from './contrast';
import { familyOf } from './family';
import { groupBy } from './group';
import { aloneLike, conditions, exponentOf, isMethod, pairName, pairsOf, stagesOf, taughtPairs, usual, weightAndClip } from './pairs';
import type { RunRecord } from './record';
import type { SimilarityRecord } from './similarityRecord';

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
  /** Numbers in a file of weights by its SHA-256, for runs that do not tell their parameters. */
  readonly saved?: ReadonlyMap<string, number>;
}

interface Claim {
  readonly text: string;
  readonly test: string;
  /** What is compared: nothing where no record bears on it. */
  readonly contrasts: (evidence: Evidence) => readonly Contrast[];
  readonly rule: Rule;
  /** Pairs of networks without which the claim stays open. */
  readonly pairs?: number;
}

/** The claims of the paper in the order of its text, each with the test that our records put it to. */
const claims: readonly Claim[] = [
  {
    text: 'Features of like-family networks are similar by CKA at like depth; those of different families differ.',
    test: 'mean CKA at like depth of two networks of one family, minus that of two families (a difference of CKA, not of top-1; a seed chooses images, not networks)',
    rule: 'mean',
    contrasts: ({ similarities }) => [likenessContrast(similarities)],
  },
  {
    text: 'Hints on features (FitNet) help little or hurt across families.',
    test: `FitNet minus the student alone, mean over cross-family pairs; little means less than ${margin} point`,
    rule: 'little',
    contrasts: ({ runs }) => taughtPairs(runs, false).map((pair) => contrast(pair.filter(isMethod('fitnet')), aloneLike(pair, runs))),
  },
  {
    text: 'OFA beats every baseline on each CIFAR-100 pair.',
    test: 'OFA minus each baseline in every cross-family pair; the worst is shown',
    rule: 'each',
    pairs: 6,
    contrasts: ({ runs, exponent }) => taughtPairs(runs, false).flatMap((pair) => overBaselines(pair, exponent)),
  },
  {
    text: 'OFA beats the baselines on the ImageNet pairs as well.',
    test: 'OFA minus each baseline in every cross-family pair on ImageNet; the worst is shown',
    rule: 'each',
    pairs: 15,
    contrasts: ({ runs, exponent }) => taughtPairs(runs, false, 'imagenet').flatMap((pair) => overBaselines(pair, exponent)),
  },
  {
    text: 'Branches at all four stages are best.',
    test: 'four branches minus each other set of them, mean over pairs; the worst is shown',
    rule: 'each',
    contrasts: ({ runs, exponent }) => overOthers(pairsOf(runs.filter(isMethod('ofa'))).map((pair) => pair.filter((run) => usual(run, exponent, 'stages'))), stagesOf, '1,2,3,4', 'stages'),
  },
  {
    text: 'An exponent above 1 helps.',
    test: 'mean over exponents between 1.1 and 1.4, minus exponent 1, released form, mean over pairs',
    rule: 'mean',
    contrasts: ({ runs, exponent }) => pairsOf(runs.filter(isMethod('ofa'))).map((pair) => {
      const swept = pair.filter((run) => usual(run, exponent, 'exponent'));
      return contrast(swept.filter((run) => exponentOf(run) >= 1.1 && exponentOf(run) <= 1.4), swept.filter((run) => exponentOf(run) === 1));
    }),
  },
  {
    text: 'A loss scale of 1 with gradients clipped at norm 5 is best.',
    test: 'scale 1 clipped at 5, minus each other combination, mean over pairs; the worst is shown',
    rule: 'each',
    contrasts: ({ runs, exponent }) => overOthers(pairsOf(runs.filter(isMethod('ofa')), ['clipNorm']).map((pair) => pair.filter((run) => usual(run, exponent, 'weight'))), weightAndClip, '1, clipping 5', 'weight'),
  },
  {
    text: 'With a teacher of the student’s own family OFA is on par with the best baseline.',
    test: `OFA minus the best baseline, mean over like-family pairs; on par means within ${margin} point`,
    rule: 'equal',
    contrasts: ({ runs, exponent }) => taughtPairs(runs, true).map((pair) => contrast(main(pair, exponent), best(byMethod(pair.filter(isBaseline))))),
  },
  {
    text: 'A transformer teaches a CNN better than a CNN does (the paper: ViT-B and ResNet-152 teach ResNet-50).',
    test: 'a CNN taught by a transformer, minus the same taught by a CNN, both by OFA',
    rule: 'mean',
    contrasts: ({ runs, exponent }) => cnnStudents(runs, exponent).map((taught) => contrast(taughtBy(taught, 'transformer'), taughtBy(taught, 'cnn'))),
  },
  {
    text: 'Branches add nothing at inference.',
    test: 'numbers in the saved student, minus those of the same network trained without a teacher (a count, not top-1)',
    rule: 'none',
    contrasts: sizeContrasts,
  },
  {
    text: 'A limit: a CNN may still learn more from a teacher of its own family.',
    test: 'a CNN taught by a CNN with its best method, minus the same taught by another family with OFA, mean over the other families',
    rule: 'mean',
    contrasts: ({ runs, exponent }) => {
      const [like, cross] = [true, false].map((same) => taughtPairs(runs, same).filter(([run]) => run !== undefined && familyOf(run.student) === 'cnn'));
      return like!.flatMap((own) => cross!.filter(([run]) => run?.student === own[0]?.student && sameConditions(run, own[0])).map((other) => contrast(best(byMethod(own)), main(other, exponent))));
    },
  },
];

/** Every claim of the paper with its verdict. */
export function ledger(evidence: Evidence): Finding[] {
  return claims.map(({ text, test, contrasts, rule, pairs = 0 }, index) => {
    const found = contrasts(evidence);
    const covered = new Set(found.filter(({ differences }) => differences.length > 0).map(({ of }) => of.split(',')[0])).size;
    return { claim: index + 1, text, test, ...judge(found, rule, covered >= pairs) };
  });
}

/** The paper's baselines; RSD came after it. */
const baselines = ['kd', 'bkd', 'dkd', 'dist', 'fitnet', 'correlation', 'rkd', 'crd'];
const isBaseline = ({ method }: RunRecord): boolean => baselines.includes(method);
const byMethod = (runs: readonly RunRecord[]): (readonly RunRecord[])[] => [...groupBy(runs, ({ method }) => method).values()];
const main = (pair: readonly RunRecord[], exponent: number): RunRecord[] => pair.filter(isMethod('ofa')).filter((run) => usual(run, exponent));

/** OFA against each baseline that a pair has. */
function overBaselines(pair: readonly RunRecord[], exponent: number): Contrast[] {
  return byMethod(pair.filter(isBaseline)).map((runs) => contrast(main(pair, exponent), runs, `${pairName(runs[0]!)}, ${runs[0]!.method}`));
}

/** One setting against each other one, each the mean over the pairs that have both. */
function overOthers(pairs: readonly (readonly RunRecord[])[], settingOf: (run: RunRecord) => string, chosen: string, what: string): Contrast[] {
  const others = [...new Set(pairs.flat().map(settingOf))].filter((one) => one !== chosen);
  return others.map((other) => together(pairs.map((pair) => contrast(pair.filter((run) => settingOf(run) === chosen), pair.filter((run) => settingOf(run) === other))), `${what} ${other}`));
}

/** Runs of OFA that teach one CNN on CIFAR-100, by student and conditions. */
function cnnStudents(runs: readonly RunRecord[], exponent: number): (readonly RunRecord[])[] {
  const taught = [true, false].flatMap((like) => taughtPairs(runs, like)).flatMap((pair) => main(pair, exponent));
  return [...groupBy(taught.filter(({ student }) => familyOf(student) === 'cnn'), (run) => `${run.student} ${conditions(run)}`).values()];
}

const sameConditions = (a: RunRecord | undefined, b: RunRecord | undefined): boolean => a !== undefined && b !== undefined && conditions(a) === conditions(b);

function taughtBy(runs: readonly RunRecord[], family: ReturnType<typeof familyOf>): RunRecord[] {
  return runs.filter(({ teacher }) => teacher !== null && familyOf(teacher) === family);
}

/** Numbers in what OFA saved against those in what was saved without a teacher, seed by seed. */
function sizeContrasts({ runs, saved }: Evidence): Contrast[] {
  const sized = runs.flatMap((run) => {
    const size = run.measures?.['parameters'] ?? saved?.get(run.weights?.sha256 ?? '');
    return size === undefined ? [] : [{ ...run, top1: size }];
  });
  return [...groupBy(sized, ({ student, profile, dataset }) => `${student} ${profile} ${dataset}`).values()].map((group) => contrast(group.filter(isMethod('ofa')), group.filter(isMethod('scratch')), group[0]!.student));
}

function likenessContrast(similarities: readonly SimilarityRecord[]): Contrast {
  const others = similarities.filter(({ a, b }) => a.network !== b.network);
  const mean = (records: readonly SimilarityRecord[]): number => records.reduce((sum, { likeDepth }) => sum + likeDepth, 0) / records.length;
  const seeds = [...new Set(similarities.map(({ seed }) => seed))].sort((a, b) => a - b);
  const differences = seeds.flatMap((seed) => {
    const [like, cross] = [true, false].map((same) => others.filter((one) => one.seed === seed && (one.a.family === one.b.family) === same));
    return like!.length > 0 && cross!.length > 0 ? [{ seed, value: mean(like!) - mean(cross!) }] : [];
  });
  const like = new Set(others.filter(({ a, b }) => a.family === b.family).map(({ a, b }) => `${a.network} and ${b.network}`));
  return { of: `of one family: ${[...like].join(', ')}`, differences, records: others.map(({ id }) => id) };
}
