import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resizeBilinear, toGrid } from '../../lib/losses/featureGrid';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectGradients } from '../support/gradient';
import { expectNoLeak } from '../support/leaks';

test("resizes to the values of PyTorch's interpolate (bilinear, align_corners=False)", () => {
  const x = tf.tensor4d([0, 1, 2, 3], [1, 2, 2, 1]);
  expectClose(
    resizeBilinear(x, 4, 4),
    [0, 0.25, 0.75, 1, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3],
  );
  expectClose(resizeBilinear(tf.tensor4d([0, 1, 2, 3, 4, 5], [1, 1, 6, 1]), 1, 4), [0.25, 1.75, 3.25, 4.75]);
  expectClose(resizeBilinear(tf.tensor4d([5, 7], [1, 1, 1, 2]), 2, 2), [5, 7, 5, 7, 5, 7, 5, 7]);
});

test("resizes as TensorFlow.js's op does, keeps constant images and equal sizes, and has the right gradient", () => {
  const x = tf.randomNormal<tf.Rank.R4>([2, 5, 3, 2], 0, 1, 'float32', 3);
  for (const [height, width] of [
    [7, 7],
    [2, 3],
    [14, 1],
    [5, 3],
  ] as const) {
    expectClose(resizeBilinear(x, height, width), tf.image.resizeBilinear(x, [height, width], false, true), {
      absolute: 1e-5,
    });
    expectClose(resizeBilinear(tf.ones([1, 5, 3, 1]), height, width), tf.ones([1, height, width, 1]));
    expectNoLeak(() => resizeBilinear(x, height, width));
  }
  expectGradients((y) => resizeBilinear(y as tf.Tensor4D, 4, 7), [x]);
});

test('arranges tokens as a grid without the class token, and rejects a number that is not a square', () => {
  const tokens = tf.reshape<tf.Rank.R3>(tf.range(0, 10), [1, 5, 2]);
  expectClose(toGrid(tokens, true), tf.reshape(tf.range(2, 10), [1, 2, 2, 2]));
  const grid = tf.zeros<tf.Rank.R4>([1, 2, 3, 4]);
  assert.deepEqual(toGrid(grid, false).shape, [1, 2, 3, 4]);
  expectNoLeak(() => toGrid(tokens, true));
  expectNoLeak(() => toGrid(grid, false));
  assert.throws(() => toGrid(tokens, false), /5 tokens do not fill a square grid/);
  expectGradients((x) => toGrid(x as tf.Tensor3D, true), [tokens]);
});
