import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from './close';
import { expectGradients } from './gradient';
import { expectNoLeak } from './leaks';

test('expectClose rejects NaN, different shapes and distant values', () => {
  expectClose([1, Infinity], [1 + 1e-7, Infinity]);
  for (const [actual, expected] of [
    [[NaN], [0]],
    [[0], [NaN]],
    [[1, 2], [1]],
    [[1], [1.001]],
    [[Infinity], [1]],
    [[1], [Infinity]],
  ] as const)
    assert.throws(() => expectClose(actual, expected));
});

test('expectGradients accepts a correct gradient and rejects a wrong one', () => {
  const x = tf.tensor2d([
    [0.3, -1.2],
    [2, 0.1],
  ]);
  expectGradients((a) => tf.mul(tf.exp(a), a), [x]);
  // A known error in tfjs: this gradient is correct only if each row of labels sums to one.
  const labels = tf.tensor2d([
    [0.9, 0.4],
    [1.1, 0.2],
  ]);
  assert.throws(() => expectGradients((a) => tf.losses.softmaxCrossEntropy(labels, a), [x]), /gradient of input 0/);
});

test('expectNoLeak finds a leak and accepts a function without one', () => {
  const x = tf.tensor1d([1, 2]);
  expectNoLeak(() => tf.add(x, 1));
  assert.throws(() => expectNoLeak(() => tf.add(tf.add(x, 1), 1)), /2 new tensors alive, 1 returned/);
});
