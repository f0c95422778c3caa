import { test } from 'node:test';
import { pick } from '../../../lib/tensor/ops/pick';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';
import { expectGradients } from '../../support/gradient';
import { expectNoLeak } from '../../support/leaks';

const places = tf.tensor1d([4, 0, 4, 2, 4], 'int32');

test('takes what is there, again where asked, and its gradient goes where it was taken from', () => {
  expectClose(pick(tf.tensor1d([10, 11, 12, 13, 14]), places), tf.tensor1d([14, 10, 14, 12, 14]));
  const slope = tf.grad((x: tf.Tensor) => pick(x as tf.Tensor1D, places))(tf.zeros([5]), tf.tensor1d([1, 2, 3, 4, 5]));
  expectClose(slope, tf.tensor1d([2, 0, 4, 0, 9]));
  expectGradients((x) => tf.square(pick(x as tf.Tensor1D, places)), [tf.tensor1d([0.3, -1, 2, 0.5, -0.7])]);
});

test('leaks nothing', () => {
  const x = tf.tensor1d([1, 2, 3, 4, 5]);
  expectNoLeak(() => pick(x, places));
  expectNoLeak(() => tf.grad((y: tf.Tensor) => pick(y as tf.Tensor1D, places))(x), 'gradient');
});
