import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';
import { gatherRows } from '../gatherRows/gatherRows';
import { permutedPositions, type Order } from './permutedPositions';

/**
 * ⟨K, P L Pᵀ⟩ of every row K with every column L, for each order P of n examples. rows [left, length], columns
 * [length, right]: symmetric matrices as upper triangles, with the diagonal after them if length is n (n + 1) / 2.
 * Returns [orders, left, right]. Not differentiable.
 */
export function permutedProducts(rows: tf.Tensor2D, columns: tf.Tensor2D, orders: readonly Order[]): tf.Tensor3D {
  const n = orders[0]?.length ?? 0;
  return tf.tidy(() => {
    if (orders.length === 0) return tf.zeros([0, rows.shape[0], columns.shape[1]]);
    if (hasKernels()) {
      const flat = Int32Array.from(orders.flatMap((order) => Array.from(order)));
      const permutations = tf.tensor2d(flat, [orders.length, n], 'int32');
      return execute('OfaPermutedProducts', [rows, columns, permutations], [])[0] as tf.Tensor3D;
    }
    return tf.stack(
      orders.map((order) => {
        const positions = tf.tensor1d(permutedPositions(order, n, rows.shape[1]), 'int32');
        return tf.matMul(rows, gatherRows(columns, positions));
      }),
    ) as tf.Tensor3D;
  });
}
