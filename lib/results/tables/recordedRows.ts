import { isDeepStrictEqual } from 'node:util';
import type { Experiment, Row } from '../../experiments/experiment';
import { experiments as allExperiments } from '../../experiments/experiments';
import { methodName } from '../methodName';
import { groupBy } from '../statistics/groupBy';
import { contrast } from '../statistics/pairedDifferences';
import { summary } from '../statistics/summary';
import { recordsIn } from '../records/readRecords';
import type { RunRecord } from '../records/record';

/** A row of an experiment in the laptop profile with its recorded runs: none, some or all of its seeds. */
export interface RecordedRow {
  readonly experiment: string;
  readonly row: string;
  readonly recipe: Row['recipe'];
  /** The seeds that the experiment defines. */
  readonly seeds: readonly number[];
  /** Sorted by seed. */
  readonly runs: readonly RunRecord[];
  /** The command that runs this row. */
  readonly command: string;
}

/** Reads the rows of the named experiments with the records of a folder. */
export async function readRows(folder: string, ...names: readonly string[]): Promise<RecordedRow[]> {
  return recordedRows(names, Object.values(allExperiments), await recordsIn(folder));
}

/**
 * The rows of the named experiments with their runs. Rows with the same recipe share their runs, whichever of all
 * experiments these were recorded under. A run counts only if its recipe is still that of its row.
 */
export function recordedRows(
  names: readonly string[],
  experiments: readonly Experiment[],
  records: readonly RunRecord[],
): RecordedRow[] {
  const rows = experiments.flatMap((experiment) => experiment.rows.laptop.map((row) => ({ experiment, row })));
  const valid = records.flatMap((run) => {
    if (run.profile !== 'laptop') return [];
    const own = rows.find(({ experiment, row }) => experiment.name === run.experiment && row.name === run.row);
    return own && agrees(own.row.recipe, run.recipe) ? [{ run, recipe: own.row.recipe }] : [];
  });
  return rows
    .filter(({ experiment }) => names.includes(experiment.name))
    .map(({ experiment, row }) => ({
      experiment: experiment.name,
      row: row.name,
      recipe: row.recipe,
      seeds: experiment.seeds,
      runs: valid
        .filter(({ recipe }) => isDeepStrictEqual(recipe, row.recipe))
        .map(({ run }) => run)
        .sort((a, b) => a.seed - b.seed),
      command: `npm run experiment -- run ${experiment.name} --rows ${row.name}`,
    }));
}

/** Whether a recorded recipe, which also holds the defaults, contains every setting of a row's recipe. */
function agrees(given: unknown, recorded: unknown): boolean {
  if (typeof given !== 'object' || given === null) return given === recorded;
  if (Array.isArray(given)) return isDeepStrictEqual(given, recorded);
  if (typeof recorded !== 'object' || recorded === null) return false;
  return Object.entries(given).every(([key, part]) => agrees(part, Reflect.get(recorded, key)));
}

/**
 * The key by which the rows of a recipe's method are found: its kind, with `-standardised` if it standardises the
 * logits, because such runs belong to no column of KD or DKD.
 */
export function methodKey({ method }: Pick<Row['recipe'], 'method'>): string {
  const kind = method?.kind ?? 'scratch';
  return method?.standardise === true ? `${kind}-standardised` : kind;
}

/** The first row with these networks and this method key; `scratch` ignores the teacher. */
export function findRow(
  rows: readonly RecordedRow[],
  { teacher, student }: Pair,
  method: string,
): RecordedRow | undefined {
  return rows.find(
    ({ recipe }) =>
      recipe.student === student &&
      (recipe.teacher?.model ?? null) === (method === 'scratch' ? null : teacher) &&
      methodKey(recipe) === method,
  );
}

/** The rows whose method has a column, given as method keys by column name. */
export function rowsOfColumns(rows: readonly RecordedRow[], columns: Readonly<Record<string, string>>): RecordedRow[] {
  return rows.filter(({ recipe }) => Object.values(columns).includes(methodKey(recipe)));
}

/** A teacher and a student by the names of their networks. */
export interface Pair {
  readonly teacher: string | null;
  readonly student: string;
}

export const pairText = ({ teacher, student }: Pair): string => `${teacher} → ${student}`;

/** The pairs that occur in rows with a teacher, each once, in the order of the rows. */
export function pairsOf(rows: readonly RecordedRow[]): Pair[] {
  const pairs = rows.flatMap(({ recipe: { teacher, student } }) =>
    teacher ? [{ teacher: teacher.model, student }] : [],
  );
  return [...new Map(pairs.map((pair) => [pairText(pair), pair])).values()];
}

/** Restricts the runs of each row to the seeds that all recorded rows share, so that their means are comparable. */
export function onSharedSeeds(rows: readonly RecordedRow[]): RecordedRow[] {
  const recorded = rows.filter(({ runs }) => runs.length > 0);
  const isShared = (seed: number): boolean => recorded.every(({ runs }) => runs.some((run) => run.seed === seed));
  return rows.map((row) => ({ ...row, runs: row.runs.filter(({ seed }) => isShared(seed)) }));
}

/**
 * How many runs of some rows are recorded and which command runs the others:
 * `4 of 63 runs are recorded. Run the others with: npm run …`. Rows with the same recipe count once for each seed.
 * With `named`, the command lists the rows, for rows that are only a part of their experiment.
 */
export function coverageText(rows: readonly RecordedRow[], { named = false } = {}): string {
  const wanted = rows.flatMap(({ seeds, ...row }) =>
    seeds.map((seed) => ({ ...row, seed, isRecorded: row.runs.some((run) => run.seed === seed) })),
  );
  const distinct = wanted.filter(
    (one, index) =>
      !wanted.slice(0, index).some(({ seed, recipe }) => seed === one.seed && isDeepStrictEqual(recipe, one.recipe)),
  );
  const missing = distinct.filter(({ isRecorded }) => !isRecorded);
  const coverage = `${distinct.length - missing.length} of ${distinct.length} runs are recorded.`;
  if (missing.length === 0) return coverage;
  const commands = [...groupBy(missing, ({ experiment }) => experiment)].map(([experiment, runs]) => {
    const names = named ? ` --rows ${[...new Set(runs.map(({ row }) => row))].join(',')}` : '';
    return `npm run experiment -- run ${experiment}${names} --unrecorded`;
  });
  return `${coverage} Run the others with: ${commands.join(', ')}`;
}

/** A difference of two rows in points of top-1 accuracy, with its 95 % interval over seeds. */
export interface PairedGain {
  /** Null if the rows share no seed. */
  readonly value: number | null;
  /** Null with fewer than two shared seeds. */
  readonly low: number | null;
  readonly high: number | null;
  /** Without an interval: figures draw a hollow marker. */
  readonly hollow: boolean;
}

/** What one row gains over another, paired by seed. */
export function gainOver(a: RecordedRow | undefined, b: RecordedRow | undefined): PairedGain {
  const differences = contrast(a?.runs ?? [], b?.runs ?? []).differences.map(({ value }) => value);
  if (differences.length === 0) return { value: null, low: null, high: null, hollow: true };
  const { mean, interval } = summary(differences);
  return { value: mean, low: interval?.[0] ?? null, high: interval?.[1] ?? null, hollow: interval === null };
}

/** The gains of one method on several pairs, as `forest` draws them. */
export interface GainSeries {
  readonly name: string;
  readonly effects: readonly (PairedGain & { readonly label: string })[];
}

/**
 * For each method, its gain over a baseline method on each pair: one series of a forest plot. Methods without any
 * recorded gain are left out.
 */
export function gainSeries(
  rows: readonly RecordedRow[],
  pairs: readonly Pair[],
  methods: readonly string[],
  { over = 'scratch' } = {},
): GainSeries[] {
  const series = methods.map((method) => ({
    name: over === 'scratch' ? methodName(method) : `${methodName(method)} − ${methodName(over)}`,
    effects: pairs.map((pair) => ({
      label: pairText(pair),
      ...gainOver(findRow(rows, pair, method), findRow(rows, pair, over)),
    })),
  }));
  return series.filter(({ effects }) => effects.some(({ value }) => value !== null));
}
