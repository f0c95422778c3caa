import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { gramMatrix } from '../../../../lib/tensor/ops/gramMatrix/gramMatrix';
import { hasKernels } from '../../../../lib/tensor/engine/native';
import * as tf from '../../../../lib/tensor/engine/tf';
import { expectNoLeak } from '../../../support/leaks';

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

// Rows and columns around the sizes of a vector, a panel and a block, and more columns than one block of a sum.
for (const [rows, columns] of [
  [1, 1],
  [4, 3],
  [5, 16],
  [16, 100],
  [17, 33],
  [33, 16],
  [48, 2500],
  [70, 700],
] as const) {
  for (const kernels of ['on', 'off'] as const) {
    test(
      `x xᵀ of ${rows} × ${columns} is correct and leaks no tensors (kernels ${kernels})`,
      { skip: kernels === 'on' && !hasKernels() && 'the kernels are not built: npm run setup' },
      () => {
        process.env['OFA_KERNELS'] = kernels;
        const x = tf.randomNormal<tf.Rank.R2>([rows, columns], 1, 2, 'float32', 3);
        const values = x.dataSync();
        const gram = tf.tidy(() => gramMatrix(x).dataSync());
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < rows; j++) {
            let [sum, size] = [0, 0];
            for (let k = 0; k < columns; k++) {
              const product = values[i * columns + k]! * values[j * columns + k]!;
              sum += product;
              size += Math.abs(product);
            }
            assert.ok(
              Math.abs(gram[i * rows + j]! - sum) <= 3e-6 * size,
              `${i}, ${j}: ${gram[i * rows + j]} and ${sum}`,
            );
            // TensorFlow's own product may round the two halves differently.
            if (kernels === 'on')
              assert.equal(gram[i * rows + j], gram[j * rows + i], 'the kernel is exactly symmetric');
          }
        }
        expectNoLeak(() => gramMatrix(x));
        x.dispose();
      },
    );
  }
}
