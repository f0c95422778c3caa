import { UserError } from '../errors';
import type { Similarities } from './minibatchCka';

/** What a heatmap says in three numbers; null where no cell is defined. */
export interface DepthSummary {
  /** Mean of all cells, the diagonal of a network with itself left out: it is 1 by definition. */
  readonly mean: number | null;
  /** Mean over rows of the cell at the same relative depth. */
  readonly likeDepth: number | null;
  /** Mean over rows of the largest cell: how well the best layer of the other network fits. */
  readonly best: number | null;
}

/** Sums a heatmap up. `same` says that both networks are one: then a layer is compared with all but itself, and its neighbour is its like. */
export function depthSummary({ rows, columns, values }: Similarities, same = false): DepthSummary {
  if (rows.length < 2 || columns.length < 2)
    throw new UserError(
      `A summary by depth needs two layers of each network; there are ${rows.length} and ${columns.length}.`,
    );
  const others = values.map((row, i) => row.map((value, j) => (same && i === j ? null : value)));
  const like = others.map(
    (row, i) => (same ? row[i + 1 < row.length ? i + 1 : i - 1] : row[likeDepth(i, { rows, columns })]) ?? null,
  );
  return { mean: mean(others.flat()), likeDepth: mean(like), best: mean(others.map(largest)) };
}

/** The layer of the columns' network at the same relative depth as a layer of the rows' one. */
export function likeDepth(row: number, { rows, columns }: Pick<Similarities, 'rows' | 'columns'>): number {
  return Math.round((row * (columns.length - 1)) / (rows.length - 1));
}

function largest(row: readonly (number | null)[]): number | null {
  return row.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null);
}

function mean(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value): value is number => value !== null);
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
