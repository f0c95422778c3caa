import { test } from 'node:test';
import * as tf from '../../../../lib/tensor/engine/tf';
import { gatherRows } from '../../../../lib/tensor/ops/gatherRows/gatherRows';
import { expectClose } from '../../../support/close';
import { expectGradients } from '../../../support/gradient';
import { expectNoLeak } from '../../../support/leaks';

const indices = tf.tensor1d([4, 0, 4, 2, 4], 'int32');

test('gathers elements, repeated ones too, and adds their gradients', () => {
  expectClose(gatherRows(tf.tensor1d([10, 11, 12, 13, 14]), indices), tf.tensor1d([14, 10, 14, 12, 14]));
  const gradient = tf.grad((x: tf.Tensor) => gatherRows(x as tf.Tensor1D, indices));
  expectClose(gradient(tf.zeros([5]), tf.tensor1d([1, 2, 3, 4, 5])), tf.tensor1d([2, 0, 4, 0, 9]));
  const squares = (x: tf.Tensor): tf.Tensor => tf.square(gatherRows(x as tf.Tensor1D, indices));
  expectGradients(squares, [tf.tensor1d([0.3, -1, 2, 0.5, -0.7])]);
});

test('leaks no tensors', () => {
  const x = tf.tensor1d([1, 2, 3, 4, 5]);
  expectNoLeak(() => gatherRows(x, indices));
  expectNoLeak(() => tf.grad((y: tf.Tensor) => gatherRows(y as tf.Tensor1D, indices))(x), 'gradient');
});
