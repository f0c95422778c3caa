import * as tf from '../tensor/engine/tf';
import type { Order } from '../tensor/ops/permutedProducts/permutedPositions';
import { permutedProducts as products } from '../tensor/ops/permutedProducts/permutedProducts';
import { dot } from './triangle';

/** Inner products of all rows with all columns, for one order: [rows][columns]. */
export type Products = readonly (readonly number[])[];

/**
 * ⟨K, P L Pᵀ⟩ of every row K with every column L, for each order P of the examples. Rows and columns are symmetric
 * matrices as vectors (`triangle.ts`). The products are computed in float32 from vectors of unit norm, so that errors
 * stay below 1e-6 of the norms.
 */
export function permutedProducts(
  rows: readonly Float64Array[],
  columns: readonly Float64Array[],
  orders: readonly Order[],
): Products[] {
  const length = rows[0]?.length ?? columns[0]?.length ?? 0;
  if (rows.length === 0 || columns.length === 0 || length === 0)
    return orders.map(() => rows.map(() => columns.map(() => 0)));
  const [rowNorms, columnNorms] = [rows, columns].map((vectors) =>
    vectors.map((vector) => Math.sqrt(dot(vector, vector))),
  );
  const values = tf.tidy(() => {
    const right = tf.transpose<tf.Tensor2D>(stacked(columns, columnNorms!));
    return products(stacked(rows, rowNorms!), right, orders).dataSync();
  });
  const value = (order: number, i: number, j: number): number =>
    values[(order * rows.length + i) * columns.length + j]!;
  return orders.map((_, order) =>
    rowNorms!.map((row, i) => columnNorms!.map((column, j) => value(order, i, j) * row * column)),
  );
}

/** Vectors as the rows of a float32 matrix, each divided by its norm; a vector of zeros stays zero. */
function stacked(vectors: readonly Float64Array[], norms: readonly number[]): tf.Tensor2D {
  const length = vectors[0]!.length;
  const values = new Float32Array(vectors.length * length);
  vectors.forEach((vector, i) => {
    const scale = norms[i]! > 0 ? 1 / norms[i]! : 0;
    for (let at = 0; at < length; at++) values[i * length + at] = vector[at]! * scale;
  });
  return tf.tensor2d(values, [vectors.length, length]);
}
