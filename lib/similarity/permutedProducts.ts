import * as tf from '../tensor/engine/tf';
import { dot, permutedPositions, type Order } from './triangle';

/** Inner products of all rows with all columns, for one order: [rows][columns]. */
export type Products = readonly (readonly number[])[];

/**
 * ⟨K, P L Pᵀ⟩ of every row K with every column L, for each order P of the examples. Rows and columns are symmetric
 * matrices as vectors (`triangle.ts`). For each order, one gather re-indexes all columns and one matrix product in
 * float32 compares them with all rows: vectors are scaled to unit norm, so that errors stay below 1e-6 of the norms.
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
  const left = stacked(rows, rowNorms!);
  const right = tf.tidy(() => {
    const unit = stacked(columns, columnNorms!);
    return tf.transpose<tf.Tensor2D>(unit);
  });
  try {
    return orders.map((order) => {
      const products = tf.tidy(() => {
        const positions = tf.tensor1d(permutedPositions(order, order.length, length), 'int32');
        return tf.matMul(left, tf.gather(right, positions)).dataSync();
      });
      return rowNorms!.map((row, i) =>
        columnNorms!.map((column, j) => products[i * columns.length + j]! * row * column),
      );
    });
  } finally {
    tf.dispose([left, right]);
  }
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
