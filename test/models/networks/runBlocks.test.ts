import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runBlocks, type NamedBlock } from '../../../lib/models/networks/runBlocks';
import { disposeModule } from '../../../lib/models/parameter';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';
import { expectNoLeak } from '../../support/leaks';
import { tinyNetworks } from '../tinyNetworks';

const double = (name: string): NamedBlock<tf.Tensor1D> => [name, (x) => tf.mul(x, tf.scalar(2))];

test('passes each output to the next block and to tap, then disposes it, and keeps the input', () => {
  const x = tf.tensor1d([1, 2]);
  const seen: [string, number, number][] = [];
  expectNoLeak(() => {
    const before = tf.memory().numTensors;
    return runBlocks(x, ['a', 'b', 'c'].map(double), (name, feature) =>
      seen.push([name, feature.dataSync()[1]!, tf.memory().numTensors - before]),
    );
  });
  assert.deepEqual(seen, [
    ['a', 4, 1],
    ['b', 8, 2],
    ['c', 16, 2],
  ]);
  assert.deepEqual([...x.dataSync()], [1, 2]);
  assert.equal(runBlocks(x, [], undefined), x);
  x.dispose();
});

test('keeps the features that gradients need while they are recorded', () => {
  const x = tf.tensor1d([3]);
  const slope = tf.tidy(() =>
    tf.grad((y) =>
      tf.square(
        runBlocks(
          tf.mul<tf.Tensor1D>(y, 1),
          [['a', (z) => tf.square(z)], ['b', (z) => tf.square(z)], double('c')],
          undefined,
        ),
      ),
    )(x),
  );
  // (2 x⁴)² = 4 x⁸.
  expectClose(slope, [32 * 3 ** 7]);
  tf.dispose([x, slope]);
});

test('uses memory that does not grow with the number of blocks', () => {
  const model = tinyNetworks['resMlp']!();
  const counts: number[] = [];
  tf.tidy(
    () =>
      model.forward(tf.zeros([1, model.imageSize, model.imageSize, 3]), {
        mode: 'eval',
        tap: () => counts.push(tf.memory().numTensors),
      }).logits,
  );
  // Only the previous feature and those at the ends of three stages are held.
  assert.ok(Math.max(...counts) - counts[0]! <= 4, counts.join());
  assert.equal(counts.length, 12);
  disposeModule(model);
});
