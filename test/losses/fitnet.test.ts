import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { fitnetLoss } from '../../lib/losses/fitnet';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectGradients } from '../support/gradient';
import { expectNoLeak } from '../support/leaks';

test('computes the mean squared difference of each example, and rejects different shapes', () => {
  const s = tf.tensor4d([1, 2, 3, 4, 0, 0, 0, 0], [2, 1, 2, 2]);
  const t = tf.tensor4d([1, 0, 3, 2, 1, 1, 1, -1], [2, 1, 2, 2]);
  expectClose(fitnetLoss(s, t), [2, 1]);
  expectGradients((x) => fitnetLoss(x as tf.Tensor4D, t), [s]);
  expectNoLeak(() => fitnetLoss(s, t));
  assert.throws(() => fitnetLoss(s, tf.zeros([2, 2, 2, 2])), UserError);
});
