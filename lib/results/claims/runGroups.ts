import { groupBy } from '../statistics/groupBy';
import { meanOf } from '../statistics/summary';
import type { RunRecord } from '../records/record';
import { familyOf } from './family';

/** OFA's defaults, for recipes that leave a setting out. A test compares them with those of the method itself. */
export const ofaDefaults = {
  exponent: 1,
  form: 'released',
  stages: [1, 2, 3, 4],
  branchWeight: 1,
  logitsWeight: 1,
  labelTerm: false,
  temperature: 1,
} as const;

/** A setting of an OFA run, or its default if the recipe leaves it out. */
function ofaSetting({ recipe }: RunRecord, name: keyof typeof ofaDefaults): unknown {
  const { method } = recipe;
  const given: unknown = typeof method === 'object' && method !== null ? Reflect.get(method, name) : undefined;
  return given ?? ofaDefaults[name];
}

export const exponentOf = (run: RunRecord): number => Number(ofaSetting(run, 'exponent'));
export const stagesOf = (run: RunRecord): string => String(ofaSetting(run, 'stages'));

/** The stages with a branch in words: `stage 3`, `stages 3, 4`. */
export function stagesText(run: RunRecord): string {
  const stages = stagesOf(run).split(',');
  return `${stages.length === 1 ? 'stage' : 'stages'} ${stages.join(', ')}`;
}

/** The loss weight and the limit of the gradient norm in words: `weight 1, clipped at 5`. */
export function weightAndClippingText(run: RunRecord): string {
  const { clipNorm } = run.recipe;
  const clipping = clipNorm === undefined ? 'not clipped' : `clipped at ${clipNorm}`;
  return `weight ${ofaSetting(run, 'branchWeight')}, ${clipping}`;
}

/** A setting that an ablation varies. */
export type Ablation = 'exponent' | 'stages' | 'weight' | 'form';

/**
 * Whether an OFA run has the settings of the main tables, apart from the one that an ablation varies. In the paper
 * profile each row of the tables has its own exponent and loss weight, so these two are not compared there.
 */
export function hasMainSettings(run: RunRecord, exponent: number, varied?: Ablation): boolean {
  const isPaper = run.profile === 'paper';
  const hasUnitWeights = ofaSetting(run, 'branchWeight') === 1 && ofaSetting(run, 'logitsWeight') === 1;
  const checks: Readonly<Record<Ablation, boolean>> = {
    exponent: isPaper || exponentOf(run) === exponent,
    stages: stagesOf(run) === '1,2,3,4',
    weight: (isPaper && run.experiment !== 'weight-clip') || hasUnitWeights,
    form:
      ofaSetting(run, 'form') === 'released' &&
      ofaSetting(run, 'labelTerm') === false &&
      ofaSetting(run, 'temperature') === 1,
  };
  return Object.entries(checks).every(([name, passes]) => passes || name === varied);
}

export const isMethod =
  (name: string) =>
  ({ method }: RunRecord): boolean =>
    method === name;

export const byMethod = (runs: readonly RunRecord[]): (readonly RunRecord[])[] => [
  ...groupBy(runs, ({ method }) => method).values(),
];

export const pairName = ({ teacher, student }: RunRecord): string => `${teacher} → ${student}`;

/**
 * Groups distilled runs by teacher, student and all of the recipe except method and seed; the settings in `free` may
 * differ, too. Runs of the smoke profile, on synthetic images, are left out, and so are runs of standardised logits,
 * which no table of the paper has.
 */
export function groupByPair(runs: readonly RunRecord[], free: readonly string[] = []): (readonly RunRecord[])[] {
  const distilled = runs.filter((run) => run.teacher !== null && run.profile !== 'smoke' && !standardisesLogits(run));
  return [...groupBy(distilled, (run) => `${pairName(run)} ${conditions(run, free)}`).values()];
}

const standardisesLogits = ({ recipe: { method } }: RunRecord): boolean =>
  typeof method === 'object' && method !== null && Reflect.get(method, 'standardise') === true;

export interface PairFilter {
  /** Whether teacher and student are of the same family. */
  readonly sameFamily: boolean;
  /** All data sets if omitted. */
  readonly dataset?: 'cifar-100' | 'imagenet';
}

/** Groups by pair as `groupByPair`, of one data set and of one relation between the families. */
export function pairsWhere(runs: readonly RunRecord[], { sameFamily, dataset }: PairFilter): (readonly RunRecord[])[] {
  const isOfDataset = (run: RunRecord): boolean =>
    dataset === 'imagenet' ? run.experiment === 'paper-imagenet' : run.dataset === dataset;
  return groupByPair(
    runs.filter(
      (run) =>
        (dataset === undefined || isOfDataset(run)) &&
        run.teacher !== null &&
        (familyOf(run.teacher) === familyOf(run.student)) === sameFamily,
    ),
  );
}

/** The runs that train a pair's student from scratch under the same conditions. */
export function scratchRuns(pair: readonly RunRecord[], runs: readonly RunRecord[]): RunRecord[] {
  const [first] = pair;
  if (first === undefined) return [];
  return runs.filter(
    (run) =>
      run.teacher === null &&
      run.method === 'scratch' &&
      run.student === first.student &&
      run.profile === first.profile &&
      conditions(run) === conditions(first),
  );
}

/** Everything in which two comparable runs must agree: the whole recipe except method, seed, teacher and `free`. */
export function conditions({ recipe }: RunRecord, free: readonly string[] = []): string {
  const ignored = new Set(['method', 'seed', 'teacher', ...free]);
  const entries = Object.entries(recipe).filter(([key]) => !ignored.has(key));
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The group with the highest mean top-1; empty if there is no group. */
export function bestGroup(groups: readonly (readonly RunRecord[])[]): readonly RunRecord[] {
  const meanTop1 = (runs: readonly RunRecord[]): number => meanOf(runs.map(({ top1 }) => top1));
  return groups.reduce<readonly RunRecord[]>(
    (found, runs) => (found.length === 0 || meanTop1(runs) > meanTop1(found) ? runs : found),
    [],
  );
}
