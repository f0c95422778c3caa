import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gramMatrix64 } from '../../../../lib/tensor/ops/gramMatrix/gramMatrix64';
import * as tf from '../../../../lib/tensor/engine/tf';
import { expectNoLeak } from '../../../support/leaks';

// The last has more columns than one block of the sum.
for (const [rows, columns] of [
  [1, 1],
  [3, 7],
  [5, 8193],
] as const) {
  test(`x xᵀ of ${rows} × ${columns} equals sums in float64, and leaks no tensors`, () => {
    const x = tf.randomNormal<tf.Rank.R2>([rows, columns], 1000, 1, 'float32', 3);
    const values = x.dataSync();
    const gram = gramMatrix64(x);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < rows; j++) {
        let sum = 0;
        for (let k = 0; k < columns; k++) sum += values[i * columns + k]! * values[j * columns + k]!;
        // Float32 would be wrong by about 1e-7.
        assert.ok(Math.abs(gram[i * rows + j]! - sum) <= 1e-13 * sum, `${i}, ${j}: ${gram[i * rows + j]} and ${sum}`);
      }
    }
    expectNoLeak(() => {
      gramMatrix64(x);
      return [];
    });
    x.dispose();
  });
}

test('holds squares beyond the range of float32, and NaN', () => {
  const x = tf.tensor2d([
    [1e30, 0],
    [NaN, 1],
  ]);
  const gram = gramMatrix64(x);
  assert.ok(Math.abs(gram[0]! - 1e60) < 1e54);
  assert.ok(Number.isNaN(gram[3]!));
  x.dispose();
});
