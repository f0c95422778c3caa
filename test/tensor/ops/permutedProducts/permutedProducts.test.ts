import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { hasKernels } from '../../../../lib/tensor/engine/native';
import * as tf from '../../../../lib/tensor/engine/tf';
import { permutedProducts } from '../../../../lib/tensor/ops/permutedProducts/permutedProducts';
import { Random } from '../../../../lib/tensor/random';

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

/** ⟨K, P L Pᵀ⟩ by its definition, of matrices [n][n]. */
function product(k: number[][], l: number[][], order: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < k.length; i++) for (let j = i; j < k.length; j++) sum += k[i]![j]! * l[order[i]!]![order[j]!]!;
  return sum;
}

/** A symmetric matrix, and its entries as a vector. */
function symmetric(n: number, withDiagonal: boolean, random: Random): { matrix: number[][]; vector: number[] } {
  const matrix = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const vector: number[] = [];
  const set = (i: number, j: number): void => {
    matrix[i]![j] = matrix[j]![i] = Math.fround(random.uniform() - 0.5);
    vector.push(matrix[i]![j]!);
  };
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) set(i, j);
  if (withDiagonal) for (let i = 0; i < n; i++) set(i, i);
  return { matrix, vector };
}

for (const kernels of ['on', 'off'] as const) {
  const skip = kernels === 'on' && !hasKernels() && 'the kernels are not built: npm run setup';
  for (const [n, left, right] of [
    [2, 1, 1],
    [5, 3, 2],
    [17, 13, 8],
    [40, 17, 12],
    [33, 2, 41],
  ] as const)
    for (const withDiagonal of [false, true])
      test(
        `${left} × ${right} products of ${n} examples ${withDiagonal ? 'with' : 'without'} diagonals are those of ` +
          `the definition, and leak no tensor (kernels ${kernels})`,
        { skip },
        () => {
          process.env['OFA_KERNELS'] = kernels;
          const random = new Random(n);
          const matrices = (count: number, name: string) =>
            Array.from({ length: count }, (_, i) => symmetric(n, withDiagonal, random.fork(name).fork(i)));
          const [ks, ls] = [matrices(left, 'rows'), matrices(right, 'columns')];
          const orders = Array.from({ length: 3 }, (_, i) => random.fork('orders').fork(i).permutation(n));
          const before = tf.memory().numTensors;
          const values = tf.tidy(() => {
            const rows = tf.tensor2d(ks.map(({ vector }) => vector));
            const columns = tf.transpose<tf.Tensor2D>(tf.tensor2d(ls.map(({ vector }) => vector)));
            return permutedProducts(rows, columns, orders).arraySync();
          });
          assert.equal(tf.memory().numTensors, before);
          orders.forEach((order, p) =>
            ks.forEach(({ matrix: k }, i) =>
              ls.forEach(({ matrix: l }, j) =>
                assert.ok(Math.abs(values[p]![i]![j]! - product(k, l, order)) < 1e-5 * n, `${p}, ${i}, ${j}`),
              ),
            ),
          );
        },
      );
}

test('no order gives no products', () => {
  tf.tidy(() => {
    const [rows, columns] = [tf.ones<tf.Rank.R2>([2, 3]), tf.ones<tf.Rank.R2>([3, 4])];
    assert.deepEqual(permutedProducts(rows, columns, []).shape, [0, 2, 4]);
  });
});
