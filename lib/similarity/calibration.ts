import { UserError } from '../errors';
import type { Random } from '../tensor/random';
import type { Measure } from './measure';
import type { Products } from './permutedProducts';
import type { Order } from '../tensor/ops/permutedProducts/permutedPositions';

/** A similarity beside what unrelated layers of the same shapes reach. */
export interface Calibrated {
  readonly observed: number;
  /**
   * max(0, observed − threshold) / (1 − threshold): 0 where nothing beyond chance was found, 1 for equal
   * layers.
   */
  readonly score: number;
  /** Add-one p-value: (1 + number of null scores ≥ the observed one) / (permutations + 1). */
  readonly p: number;
  /** The ⌈(1 − alpha)(permutations + 1)⌉-th of the null scores and the observed one, sorted. */
  readonly threshold: number;
}

export interface CalibrationOptions {
  /** Orders of the examples; each is applied to all layers of the second network at once. */
  readonly permutations: readonly Order[];
  /** The share of unrelated pairs of layers that may pass. */
  readonly alpha?: number;
  readonly signal?: AbortSignal;
  readonly onPermutation?: (done: number) => void;
}

/** The layers of one network by those of another; null where the measure is not defined. */
export type Grid<T> = readonly (readonly (T | null)[])[];

export interface CalibratedGrid {
  readonly values: Grid<Calibrated>;
  /** The largest and the mean similarity of all pairs, each against its own null distribution. */
  readonly max: Calibrated | null;
  readonly mean: Calibrated | null;
}

/**
 * Calibrates a measure by permutation (Gröger et al. 2026, arXiv 2602.14486): the examples of the second network's
 * layers are put into other orders, which keeps every layer's own geometry and destroys what it shares with the
 * others. One permutation serves all pairs of layers, so that the maximum and the mean over pairs have null
 * distributions too. Layers are prepared once.
 */
export async function calibrate<Prepared>(
  measure: Measure<Prepared>,
  rows: readonly (Prepared | undefined)[],
  columns: readonly (Prepared | undefined)[],
  { permutations, alpha = 0.05, signal, onPermutation }: CalibrationOptions,
): Promise<CalibratedGrid> {
  checkPermutations(permutations.length, alpha);
  const [rowPlaces, columnPlaces] = [placesOfDefined(rows), placesOfDefined(columns)];
  const [a, b] = [definedOnly(rows), definedOnly(columns)];
  // The similarities of the defined layers, in the places of all layers.
  const grid = (products: Products): Grid<number> =>
    rowPlaces.map((i) => columnPlaces.map((j) => (i === null || j === null ? null : products[i]![j]!)));
  const observed = grid(a.map((row) => b.map((column) => measure.similarity(row, column))));
  const nulls: Grid<number>[] = [];
  // Enough to be worth one product, and few enough for the signal and the progress to be timely.
  const atOnce = measure.permutedSimilarities ? 50 : 1;
  for (let start = 0; start < permutations.length; start += atOnce) {
    signal?.throwIfAborted();
    const orders = permutations.slice(start, start + atOnce);
    nulls.push(...permutedSimilarities(measure, a, b, orders).map(grid));
    onPermutation?.(nulls.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return calibratedGrid(observed, nulls, alpha);
}

/** The same from similarities that are at hand: those observed, and those of each permutation. */
export function calibratedGrid(observed: Grid<number>, nulls: readonly Grid<number>[], alpha = 0.05): CalibratedGrid {
  checkPermutations(nulls.length, alpha);
  const values = observed.map((row, i) =>
    row.map((value, j) =>
      value === null
        ? null
        : calibrated(
            value,
            nulls.map((grid) => grid[i]?.[j] ?? 0),
            alpha,
          ),
    ),
  );
  const overall = (summary: (grid: Grid<number>) => number | null): Calibrated | null => {
    const value = summary(observed);
    return value === null
      ? null
      : calibrated(
          value,
          nulls.map((grid) => summary(grid) ?? 0),
          alpha,
        );
  };
  return { values, max: overall(largest), mean: overall(mean) };
}

/** Score, p-value and threshold of a similarity from its null distribution. */
export function calibrated(observed: number, nulls: readonly number[], alpha: number): Calibrated {
  const k = nulls.length;
  const p = (1 + nulls.filter((value) => value >= observed).length) / (k + 1);
  const sorted = [...nulls, observed].sort((a, b) => a - b);
  const threshold = sorted[Math.ceil((1 - alpha) * (k + 1)) - 1]!;
  const score = threshold < 1 ? Math.max(0, observed - threshold) / (1 - threshold) : 0;
  return { observed, score, p, threshold };
}

/** Orders of the examples, drawn at random. */
export function permutations(count: number, examples: number, random: Random): Uint32Array[] {
  return Array.from({ length: count }, (_, k) => random.fork(k).permutation(examples));
}

function permutedSimilarities<Prepared>(
  measure: Measure<Prepared>,
  rows: readonly Prepared[],
  columns: readonly Prepared[],
  orders: readonly Order[],
): Products[] {
  return (
    measure.permutedSimilarities?.(rows, columns, orders) ??
    orders.map((order) => {
      const permuted = columns.map((layer) => measure.permuted(layer, order));
      return rows.map((row) => permuted.map((column) => measure.similarity(row, column)));
    })
  );
}

function definedOnly<T>(layers: readonly (T | undefined)[]): T[] {
  return layers.filter((layer): layer is T => layer !== undefined);
}

/** For each layer its index among the defined ones, or null. */
function placesOfDefined(layers: readonly unknown[]): (number | null)[] {
  let next = 0;
  return layers.map((layer) => (layer === undefined ? null : next++));
}

function defined(grid: Grid<number>): number[] {
  return grid.flat().filter((value): value is number => value !== null);
}

function largest(grid: Grid<number>): number | null {
  const values = defined(grid);
  return values.length === 0 ? null : Math.max(...values);
}

function mean(grid: Grid<number>): number | null {
  const values = defined(grid);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function checkPermutations(count: number, alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) throw new UserError(`Calibration: alpha is ${alpha}; it must lie between 0 and 1.`);
  if (alpha * (count + 1) >= 1) return;
  throw new UserError(
    `Calibration: with ${count} permutations the smallest p-value is 1 / ${count + 1}, above alpha = ${alpha}. ` +
      `Take at least ${Math.ceil(1 / alpha) - 1}.`,
  );
}
