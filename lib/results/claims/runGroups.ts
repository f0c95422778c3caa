import { familyOf } from './family';
import { groupBy } from '../statistics/groupBy';
import type { RunRecord } from '../records/record';
import { setting } from '../setting';

/** The settings of OFA that ablations vary, as a recipe means them that leaves them out; a test compares them with the method's. */
export const ofaDefaults = {
  exponent: 1,
  form: 'released',
  stages: [1, 2, 3, 4],
  branchWeight: 1,
  logitsWeight: 1,
  labelTerm: false,
  temperature: 1,
} as const;

/** A setting of a run by OFA, a default where its recipe leaves it out. */
function ofaSetting(run: RunRecord, name: keyof typeof ofaDefaults): unknown {
  return setting(run, `method.${name}`) ?? ofaDefaults[name];
}

export type Ablation = 'exponent' | 'stages' | 'weight' | 'form';

/**
 * Whether a run by OFA is as in the main tables, but for the setting that an ablation varies. At the paper's size each row of the tables
 * has an exponent and a weight of its own.
 */
export function usual(run: RunRecord, exponent: number, varied?: Ablation): boolean {
  const own = run.profile === 'paper';
  const checks: Readonly<Record<Ablation, boolean>> = {
    exponent: own || ofaSetting(run, 'exponent') === exponent,
    stages: stagesOf(run) === '1,2,3,4',
    weight:
      (own && run.experiment !== 'weight-clip') ||
      (ofaSetting(run, 'branchWeight') === 1 && ofaSetting(run, 'logitsWeight') === 1),
    form:
      ofaSetting(run, 'form') === 'released' &&
      ofaSetting(run, 'labelTerm') === false &&
      ofaSetting(run, 'temperature') === 1,
  };
  return Object.entries(checks).every(([name, fits]) => fits || name === varied);
}

export const isMethod =
  (name: string) =>
  ({ method }: RunRecord): boolean =>
    method === name;
export const exponentOf = (run: RunRecord): number => Number(ofaSetting(run, 'exponent'));
export const stagesOf = (run: RunRecord): string => String(ofaSetting(run, 'stages'));
export const weightAndClip = (run: RunRecord): string =>
  `${ofaSetting(run, 'branchWeight')}, clipping ${setting(run, 'clipNorm') ?? 'none'}`;
export const pairName = ({ teacher, student }: RunRecord): string => `${teacher} → ${student}`;

/** Runs by teacher, student and everything of the recipe but the method and the seed; `free` settings may differ, too. Made-up images do not count. */
export function pairsOf(runs: readonly RunRecord[], free: readonly string[] = []): (readonly RunRecord[])[] {
  const taught = runs.filter(({ teacher, profile }) => teacher !== null && profile !== 'smoke');
  return [...groupBy(taught, (run) => `${pairName(run)} ${conditions(run, free)}`).values()];
}

/** Pairs, of one data set if it is told, whose teacher is of the student's family, or is not. */
export function taughtPairs(
  runs: readonly RunRecord[],
  like: boolean,
  data?: 'cifar-100' | 'imagenet',
): (readonly RunRecord[])[] {
  const ofData = runs.filter(
    (run) => data === undefined || (data === 'imagenet' ? run.experiment === 'paper-imagenet' : run.dataset === data),
  );
  return pairsOf(
    ofData.filter(({ teacher, student }) => teacher !== null && (familyOf(teacher) === familyOf(student)) === like),
  );
}

/** The runs of a pair's student that learnt alone, under the same conditions. */
export function aloneLike(pair: readonly RunRecord[], runs: readonly RunRecord[]): RunRecord[] {
  const [one] = pair;
  return one === undefined
    ? []
    : runs.filter(
        (run) =>
          run.teacher === null &&
          run.student === one.student &&
          run.method === 'scratch' &&
          run.profile === one.profile &&
          conditions(run) === conditions(one),
      );
}

/** What must be equal for two runs to be compared: all of the recipe but method, seed and teacher. */
export function conditions({ recipe }: RunRecord, free: readonly string[] = []): string {
  const ignored = new Set(['method', 'seed', 'teacher', ...free]);
  return JSON.stringify(
    Object.entries(recipe)
      .filter(([key]) => !ignored.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
