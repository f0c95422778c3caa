import { best, contrast, judge, margin, type Contrast, type Judgement, type Rule } from './contrast';
import { groupBy } from './group';
import type { RunRecord } from './record';
import { setting } from './setting';
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
  /** The family of a network by its name. */
  readonly family: (network: string) => string;
  /** The exponent of OFA in the main tables. */
  readonly exponent: number;
}

interface Claim {
  readonly text: string;
  readonly test: string;
  /** What is compared: nothing where no record bears on it. */
  readonly contrasts: (evidence: Evidence) => readonly Contrast[];
  readonly rule: Rule;
  /** Pairs of networks without which the claim stays open. */
  readonly wanted?: number;
}

/** The claims of the paper in the order of its text, each with the test that our records put it to. */
const claims: readonly Claim[] = [
  {
    text: 'Features of like-family networks are similar by CKA at like depth; those of different families differ.',
    test: 'mean CKA at like depth of two networks of one family, minus that of two families (a difference of CKA, not of top-1)',
    rule: 'mean',
    contrasts: ({ similarities }) => [likenessContrast(similarities)],
  },
  {
    text: 'Hints on features (FitNet) help little or hurt across families.',
    test: 'KD minus FitNet, cross-family pairs',
    rule: 'mean',
    contrasts: (evidence) => crossPairs(evidence).map((pair) => contrast(pair.filter(isMethod('kd')), pair.filter(isMethod('fitnet')))),
  },
  {
    text: 'OFA beats every baseline on each CIFAR-100 pair.',
    test: 'OFA minus the best baseline of the pair, in every cross-family pair',
    rule: 'each',
    wanted: 6,
    contrasts: (evidence) => crossPairs(evidence).map((pair) => overBestBaseline(pair, evidence.exponent)),
  },
  {
    text: 'OFA beats the baselines on the ImageNet pairs as well.',
    test: 'OFA minus the best baseline of the pair, on ImageNet',
    rule: 'each',
    wanted: 2,
    contrasts: (evidence) => crossPairs(evidence, 'imagenet').map((pair) => overBestBaseline(pair, evidence.exponent)),
  },
  {
    text: 'Branches at all four stages are best.',
    test: 'four branches minus the best smaller set of them',
    rule: 'mean',
    contrasts: (evidence) => pairs(evidence.runs.filter(isMethod('ofa'))).map((pair) => {
      const sets = [...groupBy(pair.filter((run) => usual(run, evidence.exponent, ['stages'])), stagesOf)];
      return contrast(sets.find(([name]) => name === '1,2,3,4')?.[1] ?? [], best(sets.filter(([name]) => name !== '1,2,3,4').map(([, runs]) => runs)));
    }),
  },
  {
    text: 'An exponent above 1 helps.',
    test: 'mean over exponents between 1.1 and 1.4, minus exponent 1, released form',
    rule: 'mean',
    contrasts: (evidence) => pairs(evidence.runs.filter(isMethod('ofa'))).map((pair) => {
      const swept = pair.filter((run) => usual(run, evidence.exponent, ['exponent']));
      const at = (low: number, high: number): RunRecord[] => swept.filter((run) => exponentOf(run) >= low && exponentOf(run) <= high);
      return contrast(at(1.1, 1.4), at(1, 1));
    }),
  },
  {
    text: 'A loss scale of 1 with gradients clipped at norm 5 is best.',
    test: 'scale 1 clipped at 5, minus the best other combination',
    rule: 'mean',
    contrasts: (evidence) => pairs(evidence.runs.filter(isMethod('ofa')), ['clipNorm']).map((pair) => {
      const sets = [...groupBy(pair.filter((run) => usual(run, evidence.exponent, ['weight'])), weightAndClip)];
      return contrast(sets.find(([name]) => name === '1, 5')?.[1] ?? [], best(sets.filter(([name]) => name !== '1, 5').map(([, runs]) => runs)));
    }),
  },
  {
    text: 'With a teacher of the student’s own family OFA is on par with the best baseline.',
    test: `OFA minus the best baseline in like-family pairs; on par means within ${margin} point`,
    rule: 'equal',
    contrasts: (evidence) => taughtPairs(evidence, true).map((pair) => overBestBaseline(pair, evidence.exponent)),
  },
  {
    text: 'A transformer teaches a CNN better than a CNN does (the paper: ViT-B and ResNet-152 teach ResNet-50).',
    test: 'a CNN taught by a transformer, minus the same taught by a CNN, both by OFA',
    rule: 'mean',
    contrasts: (evidence) => cnnStudents(evidence).map((runs) => contrast(
      runs.filter(({ teacher }) => teacher !== null && evidence.family(teacher) === 'transformer'),
      runs.filter(({ teacher }) => teacher !== null && evidence.family(teacher) === 'cnn'))),
  },
  {
    text: 'Branches add nothing at inference.',
    test: 'parameters of the saved student minus those of the same network trained without a teacher (a count, not top-1)',
    rule: 'none',
    contrasts: (evidence) => sizeContrasts(evidence),
  },
  {
    text: 'A limit: a CNN may still learn more from a teacher of its own family.',
    test: 'a CNN taught by a CNN with its best method, minus the same taught by another family with OFA',
    rule: 'mean',
    contrasts: (evidence) => {
      const like = taughtPairs(evidence, true).filter(([run]) => run !== undefined && evidence.family(run.student) === 'cnn');
      return like.flatMap((own) => crossPairs(evidence).filter(([run]) => run?.student === own[0]?.student).map((other) =>
        contrast(best([...groupBy(own, ({ method }) => method).values()]), other.filter(isMethod('ofa')).filter((run) => usual(run, evidence.exponent)))));
    },
  },
];

/** Every claim of the paper with its verdict. */
export function ledger(evidence: Evidence): Finding[] {
  return claims.map(({ text, test, contrasts, rule, wanted }, index) => ({ claim: index + 1, text, test, ...judge(contrasts(evidence), rule, wanted) }));
}

/** The paper's baselines; RSD came after it. */
const baselines = ['scratch', 'kd', 'bkd', 'dkd', 'dist', 'fitnet', 'correlation', 'rkd', 'crd'];

function overBestBaseline(pair: readonly RunRecord[], exponent: number): Contrast {
  const groups = [...groupBy(pair.filter(({ method }) => method !== 'scratch' && baselines.includes(method)), ({ method }) => method).values()];
  return contrast(pair.filter(isMethod('ofa')).filter((run) => usual(run, exponent)), best(groups));
}

/** Runs by teacher, student and everything of the recipe but the method and the seed; a pair must have a teacher. */
function pairs(runs: readonly RunRecord[], free: readonly string[] = []): (readonly RunRecord[])[] {
  const ignored = new Set(['method', 'seed', 'teacher', ...free]);
  const rest = ({ recipe }: RunRecord): string => JSON.stringify(Object.entries(recipe).filter(([key]) => !ignored.has(key)).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...groupBy(runs.filter(({ teacher, profile }) => teacher !== null && profile !== 'smoke'), (run) => `${run.teacher} ${run.student} ${rest(run)}`).values()];
}

function taughtPairs({ runs, family }: Evidence, like: boolean, dataset = 'cifar-100'): (readonly RunRecord[])[] {
  return pairs(runs.filter((run) => run.dataset === dataset && run.teacher !== null && (family(run.teacher) === family(run.student)) === like));
}

function crossPairs(evidence: Evidence, dataset?: string): (readonly RunRecord[])[] {
  return taughtPairs(evidence, false, dataset);
}

/** Runs of OFA that teach one CNN, by student and conditions. */
function cnnStudents(evidence: Evidence): (readonly RunRecord[])[] {
  const taught = [...taughtPairs(evidence, true), ...taughtPairs(evidence, false)].flat().filter(isMethod('ofa')).filter((run) => usual(run, evidence.exponent));
  return [...groupBy(taught.filter(({ student }) => evidence.family(student) === 'cnn'), ({ student, epochs, images }) => `${student} ${epochs} ${images}`).values()];
}

/** Parameters of what OFA saved against what scratch saved, seed by seed. */
function sizeContrasts({ runs }: Evidence): Contrast[] {
  const sized = runs.filter(({ measures }) => measures?.['parameters'] !== undefined);
  return [...groupBy(sized, ({ student }) => student).values()].map((group) => {
    const asCount = (run: RunRecord): RunRecord => ({ ...run, top1: run.measures?.['parameters'] ?? 0 });
    return contrast(group.filter(isMethod('ofa')).map(asCount), group.filter(isMethod('scratch')).map(asCount));
  });
}

function likenessContrast(similarities: readonly SimilarityRecord[]): Contrast {
  const others = similarities.filter(({ a, b }) => a.network !== b.network);
  const mean = (records: readonly SimilarityRecord[]): number => records.reduce((sum, { likeDepth }) => sum + likeDepth, 0) / records.length;
  const bySeed = seedsOf(similarities).map((seed) => {
    const [like, cross] = [true, false].map((same) => others.filter((one) => one.seed === seed && (one.a.family === one.b.family) === same));
    return like!.length > 0 && cross!.length > 0 ? [mean(like!) - mean(cross!)] : [];
  });
  return { differences: bySeed.flat(), records: others.map(({ id }) => id) };
}

function seedsOf(similarities: readonly SimilarityRecord[]): number[] {
  return [...new Set(similarities.map(({ seed }) => seed))].sort();
}

/** Whether a run is OFA as in the main tables, but for the settings that an ablation varies. */
function usual(run: RunRecord, exponent: number, varied: readonly string[] = []): boolean {
  const checks: Readonly<Record<string, boolean>> = {
    exponent: exponentOf(run) === exponent,
    stages: stagesOf(run) === '1,2,3,4',
    weight: setting(run, 'method.branchWeight') === 1 && setting(run, 'method.logitsWeight') === 1,
    form: setting(run, 'method.form') === 'released',
  };
  return Object.entries(checks).every(([name, fits]) => fits || varied.includes(name));
}

const isMethod = (name: string) => ({ method }: RunRecord): boolean => method === name;
const exponentOf = (run: RunRecord): number => Number(setting(run, 'method.exponent'));
const stagesOf = (run: RunRecord): string => String(setting(run, 'method.stages'));
const weightAndClip = (run: RunRecord): string => `${setting(run, 'method.branchWeight')}, ${setting(run, 'clipNorm') ?? 'none'}`;
