import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Experiment, Row } from '../../experiments/experiment';
import { contrast } from '../claims/judge';
import { groupBy } from '../statistics/groupBy';
import { readRecords } from './readRecords';
import type { RunRecord } from './record';
import { summary } from '../statistics/summary';

/** A row of an experiment at the laptop's size, and what has been recorded of it: a run for each seed, as yet none, some, or all. */
export interface RecordedRow {
  readonly experiment: string;
  readonly row: string;
  readonly recipe: Row['recipe'];
  /** The seeds that the experiment asks for. */
  readonly seeds: readonly number[];
  /** By seed. */
  readonly runs: readonly RunRecord[];
  /** The line that records what is missing. */
  readonly command: string;
}

/** The records of a folder; none where there is no such folder. */
export async function recordsIn(folder: string): Promise<readonly RunRecord[]> {
  return existsSync(folder) ? readRecords(folder) : [];
}

/**
 * The rows of the experiments of these names, with their runs. Rows of one recipe share their runs, under whichever of all experiments
 * these were recorded; a run whose recipe is no longer its row's does not count.
 */
export function recordedRows(
  names: readonly string[],
  experiments: readonly Experiment[],
  records: readonly RunRecord[],
): RecordedRow[] {
  const rows = experiments.flatMap((experiment) => experiment.rows.laptop.map((row) => ({ experiment, row })));
  const sound = records.flatMap((run) => {
    const own = rows.find(({ experiment, row }) => experiment.name === run.experiment && row.name === run.row);
    return own && run.profile === 'laptop' && fits(own.row.recipe, run.recipe) ? [{ run, recipe: own.row.recipe }] : [];
  });
  return rows
    .filter(({ experiment }) => names.includes(experiment.name))
    .map(({ experiment, row }) => ({
      experiment: experiment.name,
      row: row.name,
      recipe: row.recipe,
      seeds: experiment.seeds,
      runs: sound
        .filter(({ recipe }) => isDeepStrictEqual(recipe, row.recipe))
        .map(({ run }) => run)
        .sort((a, b) => a.seed - b.seed),
      command: `npm run experiment -- run ${experiment.name} --rows ${row.name}`,
    }));
}

/** The row of a pair and a method among rows; the first where several fit. */
export function rowOf(
  rows: readonly RecordedRow[],
  teacher: string | null,
  student: string,
  kind: string,
): RecordedRow | undefined {
  return rows.find(
    ({ recipe }) =>
      recipe.student === student &&
      (recipe.teacher?.model ?? null) === (kind === 'scratch' ? null : teacher) &&
      (recipe.method?.kind ?? 'scratch') === kind,
  );
}

/** Rows with those of their runs alone whose seeds all recorded ones of them have, so that means over seeds can be compared. */
export function onSharedSeeds(rows: readonly RecordedRow[]): RecordedRow[] {
  const found = rows.filter(({ runs }) => runs.length > 0);
  return rows.map((row) => ({
    ...row,
    runs: row.runs.filter(({ seed }) => found.every(({ runs }) => runs.some((run) => run.seed === seed))),
  }));
}

/**
 * How much of some rows has been recorded, and what records the rest: `4 of 63 runs are recorded; the others: npm run …`, with the rows
 * `named` where they are a part of their experiments. Rows of one recipe have one run a seed.
 */
export function coverageText(rows: readonly RecordedRow[], { named = false } = {}): string {
  const wanted = rows.flatMap((row) =>
    row.seeds.map((seed) => ({ ...row, seed, recorded: row.runs.some((run) => run.seed === seed) })),
  );
  const distinct = wanted.filter(
    (one, index) =>
      !wanted.slice(0, index).some(({ seed, recipe }) => seed === one.seed && isDeepStrictEqual(recipe, one.recipe)),
  );
  const missing = distinct.filter(({ recorded }) => !recorded);
  const commands = [...groupBy(missing, ({ experiment }) => experiment)].map(
    ([experiment, ones]) =>
      `npm run experiment -- run ${experiment}${named ? ` --rows ${[...new Set(ones.map(({ row }) => row))].join(',')}` : ''} --unrecorded`,
  );
  return `${distinct.length - missing.length} of ${distinct.length} runs are recorded${commands.length === 0 ? '.' : `; the others: ${commands.join(', ')}`}`;
}

/** What one row has over another, in points of top-1, paired by seed, with its 95 % interval; null where they share no seed. */
export function gainOver(a: RecordedRow | undefined, b: RecordedRow | undefined): Gained {
  const differences = contrast(a?.runs ?? [], b?.runs ?? []).differences.map(({ value }) => value);
  if (differences.length === 0) return { value: null, low: null, high: null, hollow: true };
  const { mean: value, interval } = summary(differences);
  return { value, low: interval?.[0] ?? null, high: interval?.[1] ?? null, hollow: interval === null };
}

export interface Gained {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Of a single seed, or of none, as figures show it. */
  readonly hollow: boolean;
}

/** Whether all that was given stands in what was recorded, which has the defaults besides. */
function fits(given: unknown, recorded: unknown): boolean {
  if (typeof given !== 'object' || given === null) return given === recorded;
  if (Array.isArray(given)) return isDeepStrictEqual(given, recorded);
  return (
    typeof recorded === 'object' &&
    recorded !== null &&
    Object.entries(given).every(([key, part]) => fits(part, Reflect.get(recorded, key)))
  );
}
