import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { exampleGram } from '../../lib/similarity/exampleGram';
import { biasedCka } from '../../lib/similarity/linearCka';
import { compare } from '../../lib/similarity/measure';
import { MinibatchCka } from '../../lib/similarity/minibatchCka';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { features, plainGram, plainHsic } from './features';

type Layers = Readonly<Record<string, tf.Tensor>>;

function table(
  batches: readonly (readonly [rows: Layers, columns: Layers])[],
): readonly (readonly (number | null)[])[] {
  const cka = new MinibatchCka(Object.keys(batches[0]![0]), Object.keys(batches[0]![1]));
  for (const [rows, columns] of batches) cka.add(rows, columns);
  return cka.result().values;
}

/** Minibatch CKA of two layers on one batch. */
function cell(...batches: readonly (readonly [tf.Tensor, tf.Tensor])[]): number | null {
  return table(batches.map(([x, y]) => [{ x }, { y }]))[0]![0]!;
}

const linearCka = (a: tf.Tensor, b: tf.Tensor): number | null => compare(biasedCka, exampleGram(a), exampleGram(b));

const [x, y] = [features('x', 12, 6), features('y', 12, 20)];
const measures: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => number | null>> = {
  'full batch': linearCka,
  minibatch: (a, b) => cell([a, b]),
};

for (const [name, measure] of Object.entries(measures)) {
  test(`${name}: is 1 for a layer with itself, and symmetric`, () => {
    expectClose(measure(x, x)!, 1);
    expectClose(measure(x, y)!, measure(y, x)!);
    assert.ok(measure(x, y)! > 0.1 && measure(x, y)! < 0.99);
  });

  test(`${name}: is invariant to rotation, scaling and translation of features, and to the order of examples`, () => {
    const turn = tf.linalg.qr(features('turn', 6, 6))[0];
    const order = tf.tensor1d([3, 0, 7, 11, 1, 2, 10, 4, 9, 8, 6, 5], 'int32');
    const expected = measure(x, y)!;
    expectClose(measure(tf.matMul(x, turn), y)!, expected, { relative: 1e-4 });
    expectClose(measure(tf.mul(x, -7), y)!, expected);
    expectClose(measure(tf.add(x, 100), y)!, expected, { relative: 1e-4 });
    expectClose(measure(tf.gather(x, order), tf.gather(y, order))!, expected);
  });

  test(`${name}: is exact for features of 1e-20 and 1e20 in every combination`, () => {
    const expected = measure(x, y)!;
    for (const a of [1e-20, 1e20])
      for (const b of [1e-20, 1, 1e20]) expectClose(measure(tf.mul(x, a), tf.mul(y, b))!, expected, { relative: 1e-4 });
  });

  test(`${name}: flattens features of any rank`, () => {
    expectClose(measure(tf.reshape(y, [12, 2, 5, 2]), x)!, measure(y, x)!);
  });

  test(`${name}: is null for a constant layer; rejects NaN and infinity and names the layer`, () => {
    for (const constant of [0, 1, 0.1, -1e20, 1e-20]) assert.equal(measure(tf.fill([12, 5], constant), y), null);
    for (const bad of [NaN, Infinity]) {
      const broken = tf.tensor2d(Array.from({ length: 12 }, (_, i) => [i, i === 5 ? bad : 1]));
      assert.throws(() => measure(broken, y), UserError);
      assert.throws(() => measure(y, broken), UserError);
    }
  });

  test(`${name}: leaks no tensors, even when it throws`, () => {
    expectNoLeak(() => {
      measure(x, y);
      return [];
    });
    const far = tf.mul(x, 1e20);
    expectNoLeak(() => {
      measure(far, y);
      return [];
    });
    const broken = tf.fill([12, 2], NaN);
    expectNoLeak(() => {
      assert.throws(() => measure(broken, y));
      return [];
    });
  });
}

test('averages HSIC over batches before taking the ratio, as in Nguyen et al. 2021', () => {
  const batches = [4, 7, 12].map((n, i) => [features(`x${i}`, n, 6, 3 ** i), features(`y${i}`, n, 20)] as const);
  const mean = (of: (a: number[][], b: number[][]) => number): number =>
    batches.reduce((sum, [a, b]) => sum + of(plainGram(a), plainGram(b)) / 3, 0);
  const expected = mean(plainHsic) / Math.sqrt(mean((a) => plainHsic(a, a)) * mean((_, b) => plainHsic(b, b)));
  expectClose(cell(...batches)!, expected);
});

test('keeps its digits if the mean of the features is far from zero', () => {
  const centred = cell([x, y])!;
  expectClose(cell([tf.add(x, 1000), tf.sub(y, 500)])!, centred, { relative: 1e-3 });
});

test('is null for a layer that is non-zero for one example only', () => {
  // Its Gram matrix has one non-zero cell, on the diagonal, which the unbiased estimator omits.
  const single = tf.tensor2d(Array.from({ length: 12 }, (_, i) => [i === 4 ? 3 : 0, 0]));
  assert.equal(cell([single, y]), null);
});

test('accepts duplicate examples, and a batch of four', () => {
  const four = [tf.slice(x, [0, 0], [4, 6]), tf.slice(y, [0, 0], [4, 20])] as const;
  expectClose(
    cell(four)!,
    plainHsic(plainGram(four[0]), plainGram(four[1])) /
      Math.sqrt(plainHsic(plainGram(four[0]), plainGram(four[0])) * plainHsic(plainGram(four[1]), plainGram(four[1]))),
  );
  const twice = [tf.concat([x, x]), tf.concat([y, y])] as const;
  const value = cell(twice)!;
  assert.ok(value > 0.1 && value <= 1);
});

test('compares all pairs of layers at once, with a constant layer among them', () => {
  const a: Layers = { first: x, dead: tf.zeros([12, 3]), last: y };
  const values = table([[a, a]]);
  const expected = [
    [1, null, cell([x, y])],
    [null, null, null],
    [cell([y, x]), null, 1],
  ];
  values.forEach((row, i) =>
    row.forEach((value, j) => {
      if (value === null) assert.equal(expected[i]![j], null);
      else expectClose(value, expected[i]![j] ?? NaN);
    }),
  );
});

test('rejects too few examples, missing layers, and layers of different batches', () => {
  const three = tf.slice(x, [0, 0], [3, 6]);
  assert.throws(() => cell([three, three]), /at least 4 examples, and the batch size is 3/);
  assert.throws(
    () => new MinibatchCka(['layer1', 'layer9'], ['layer1']).add({ layer1: x, layer2: x }, { layer1: x }),
    /Unknown layer "layer9"/,
  );
  assert.throws(() => cell([x, features('y', 11, 5)]), /different numbers of examples/);
  assert.throws(() => linearCka(x, features('y', 11, 5)), UserError);
  assert.throws(() => linearCka(tf.ones([1, 3]), tf.ones([1, 3])), /at least 2/);
});

test('is null for all layers before the first batch', () => {
  assert.deepEqual(new MinibatchCka(['a'], ['b', 'c']).result(), {
    rows: ['a'],
    columns: ['b', 'c'],
    values: [[null, null]],
  });
});
