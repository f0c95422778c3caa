import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofaLoss, ofaWeights } from '../../../lib/losses/ofa';
import { MinibatchCka } from '../../../lib/similarity/minibatchCka';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { ckaGrid, GrowingFeatures } from '../../../scripts/site/explore/growingCka';
import { ofaValues } from '../../../scripts/site/explore/ofaExample';
import { ranked, stoppingExit } from '../../../scripts/site/explore/predictions';
import { expectClose } from '../../support/close';

for (const form of ['released', 'paper'] as const)
  test(`the OFA loss of the page equals lib's in the ${form} form, with its gradient and weights`, () => {
    for (const [exponent, teacher, student, classes] of [
      [1, 0.7, 0.3, 100],
      [1.4, 0.99, 0.01, 10],
      [0.5, 0.02, 0.9, 1000],
      [3, 0.5, 0.5, 2],
    ] as const) {
      const logits = (target: number): number[] =>
        Array.from({ length: classes }, (_, i) => Math.log(i === 0 ? target : (1 - target) / (classes - 1)));
      const values = ofaValues({ exponent, teacher, student, classes }, form);
      tf.tidy(() => {
        const [own, other] = [student, teacher].map((target) => tf.tensor2d(logits(target), [1, classes]));
        const labels = tf.tensor1d([0], 'int32');
        const loss = (z: tf.Tensor): tf.Tensor => ofaLoss(z as tf.Tensor2D, other!, labels, { exponent, form });
        const weights = ofaWeights(other!, labels, { exponent, form }).dataSync<'float32'>();
        const tolerance = { relative: 1e-5, absolute: 1e-6 };
        expectClose([values.loss], loss(own!).dataSync<'float32'>(), tolerance);
        expectClose([values.gradient], tf.grad(loss)(own!).dataSync<'float32'>().slice(0, 1), tolerance);
        expectClose([values.targetWeight], weights.slice(0, 1), tolerance);
        expectClose([values.otherWeight], [weights.slice(1).reduce((sum, one) => sum + one, 0)], tolerance);
      });
    }
  });

test("CKA that grows image by image equals lib/similarity's on one batch", () => {
  const random = new Random(1);
  const count = 9;
  const layer = (width: number): Float32Array[] =>
    Array.from({ length: count }, () => Float32Array.from({ length: width }, () => random.normal() + 0.5));
  const left = { a: layer(5), b: layer(40) };
  const right = { c: left.a.map((feature) => feature.map((value) => 3 * value + 1)), d: layer(7), e: constant(count) };
  const [rows, columns] = [new GrowingFeatures(['a', 'b']), new GrowingFeatures(['c', 'd', 'e'])];
  for (let i = 0; i < count; i++) {
    rows.add(new Map(Object.entries(left).map(([name, all]) => [name, all[i]!])));
    columns.add(new Map(Object.entries(right).map(([name, all]) => [name, all[i]!])));
  }
  const expected = minibatchCka(left, right);
  const grid = ckaGrid(rows, columns);
  assert.equal(grid[0]![2], null);
  grid.forEach((row, i) =>
    row.forEach((value, j) => {
      if (expected[i]![j] === null) assert.equal(value, null);
      else expectClose([value!], [expected[i]![j]!], { relative: 0, absolute: 1e-4 });
    }),
  );
  expectClose([grid[0]![0]!], [1], { relative: 0, absolute: 1e-6 });
  assert.throws(() => ckaGrid(new GrowingFeatures(['a']), columns), /at least 4/);
});

test('an image stops at the first exit that is confident enough, or at the last one', () => {
  assert.equal(stoppingExit([0.2, 0.6, 0.9], 0.5), 1);
  assert.equal(stoppingExit([0.2, 0.6, 0.9], 0.6), 1);
  assert.equal(stoppingExit([0.2, 0.6, 0.9], 0.95), 2);
});

test('classes are ranked by their softmax, also for large logits', () => {
  const [first, second] = ranked([1000, 1001, -1000]);
  assert.deepEqual([first!.index, second!.index], [1, 0]);
  expectClose([first!.probability], [1 / (1 + Math.exp(-1))], { relative: 1e-12, absolute: 0 });
});

function constant(count: number): Float32Array[] {
  return Array.from({ length: count }, () => Float32Array.of(2, 3, 4));
}

type Layers = Readonly<Record<string, readonly Float32Array[]>>;

/** CKA by `lib/similarity` of layers that hold one feature per image, all images in one batch. */
function minibatchCka(rows: Layers, columns: Layers): readonly (readonly (number | null)[])[] {
  const cka = new MinibatchCka(Object.keys(rows), Object.keys(columns));
  tf.tidy(() => {
    const tensors = (layers: Layers): Record<string, tf.Tensor> =>
      Object.fromEntries(
        Object.entries(layers).map(([name, features]) => [name, tf.stack(features.map((one) => tf.tensor1d(one)))]),
      );
    cka.add(tensors(rows), tensors(columns));
  });
  return cka.result().values;
}
