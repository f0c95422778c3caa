import { UserError } from '../errors';
import type { Similarities } from './minibatchCka';

/** A CKA heatmap in three numbers, each in [0, 1] apart from estimation error; null if no cell is defined. */
export interface DepthSummary {
  /** Mean of all cells. For a network compared with itself the diagonal is left out: it is 1 by definition. */
  readonly mean: number | null;
  /** Mean over rows of the cell at the same relative depth. */
  readonly likeDepth: number | null;
  /** Mean over rows of the largest cell: the similarity to the best matching layer of the other network. */
  readonly best: number | null;
}

/**
 * Summarises a heatmap. With `same`, both networks are the same one: the diagonal is ignored, and the layer at like
 * depth is the next layer (for the last, the one before). Throws a UserError if a network has fewer than two layers.
 */
export function depthSummary({ rows, columns, values }: Similarities, same = false): DepthSummary {
  checkDepth(rows, columns);
  const others = values.map((row, i) => row.map((value, j) => (same && i === j ? null : value)));
  const like = others.map(
    (row, i) => (same ? row[i + 1 < row.length ? i + 1 : i - 1] : row[likeDepth(i, { rows, columns })]) ?? null,
  );
  return { mean: mean(others.flat()), likeDepth: mean(like), best: mean(others.map(largest)) };
}

/** The index of the column at the same relative depth as a row. */
export function likeDepth(row: number, { rows, columns }: Pick<Similarities, 'rows' | 'columns'>): number {
  return Math.round((row * (columns.length - 1)) / (rows.length - 1));
}

/** The cell of each row at the same relative depth. Throws a UserError if a network has fewer than two layers. */
export function atLikeDepth({ rows, columns, values }: Similarities): (number | null)[] {
  checkDepth(rows, columns);
  return values.map((row, i) => row[likeDepth(i, { rows, columns })] ?? null);
}

function checkDepth(rows: readonly string[], columns: readonly string[]): void {
  if (rows.length >= 2 && columns.length >= 2) return;
  throw new UserError(
    `A summary by depth needs at least 2 layers of each network, and there are ${rows.length} and ${columns.length}.`,
  );
}

function largest(row: readonly (number | null)[]): number | null {
  return row.reduce((max, value) => (value !== null && (max === null || value > max) ? value : max), null);
}

function mean(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value): value is number => value !== null);
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
