import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { crossEntropy } from '../../lib/losses/crossEntropy';
import { labelDistribution, targetMask } from '../../lib/losses/labels';
import { ofaLoss, ofaWeights } from '../../lib/losses/ofa';
import { weightedCrossEntropy } from '../../lib/losses/weightedCrossEntropy';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectGradients } from '../support/gradient';
import { expectNoLeak } from '../support/leaks';
import { classes, matrix, tensor } from './examples';

// Probabilities 1/2, 1/4, 1/4 of the student, 1/4, 1/2, 1/4 of the teacher.
const student = tf.tensor2d([[Math.LN2, 0, 0]]);
const teacher = tf.tensor2d([[0, Math.LN2, 0]]);
const LN4 = Math.log(4);

test('both forms match a calculation by hand at exponent 2, with and without the label term', () => {
  const target = classes(0);
  expectClose(ofaLoss(student, teacher, target, { exponent: 2 }), [
    (1.25 ** 2 - 1) * Math.LN2 + 0.25 * LN4 + 0.0625 * LN4,
  ]);
  expectClose(ofaLoss(student, teacher, target, { exponent: 2, form: 'paper' }), [
    (1.25 ** 2 - 1) * Math.LN2 + 0.5 * LN4 + 0.25 * LN4,
  ]);
  expectClose(ofaLoss(student, teacher, target, { exponent: 2, labelTerm: true }), [
    1.25 ** 2 * Math.LN2 + 0.25 * LN4 + 0.0625 * LN4,
  ]);
});

test('at exponent 1 both forms equal the cross entropy with the teacher, whatever the label', () => {
  const [s, t] = [tensor(matrix('s', 4, 6)), tensor(matrix('t', 4, 6, 2))];
  for (const form of ['released', 'paper'] as const)
    expectClose(ofaLoss(s, t, classes(0, 1, 2, 3), { exponent: 1, form }), weightedCrossEntropy(s, tf.softmax(t)));
});

test('a larger exponent raises the weight of the target class and, in the released form, lowers the others', () => {
  const weights = [1, 1.4, 2].map((exponent) => ofaWeights(teacher, classes(0), { exponent }).dataSync());
  assert.ok(weights[0]![0]! < weights[1]![0]! && weights[1]![0]! < weights[2]![0]!);
  assert.ok(weights[0]![1]! > weights[1]![1]! && weights[1]![1]! > weights[2]![1]!);
});

test('uses the most likely class of a soft label as the target', () => {
  const soft = tf.tensor2d([[0.3, 0.1, 0.6]]);
  expectClose(
    ofaLoss(student, teacher, soft, { exponent: 1.5 }),
    ofaLoss(student, teacher, classes(2), { exponent: 1.5 }),
  );
  expectClose(targetMask(soft, 3), tf.tensor2d([[0, 0, 1]]));
});

test('cross entropy matches a calculation by hand with hard, smoothed and soft labels', () => {
  expectClose(crossEntropy(student, classes(0)), [Math.LN2]);
  expectClose(crossEntropy(student, classes(0), { smoothing: 0.3 }), [0.8 * Math.LN2 + 0.2 * LN4]);
  expectClose(crossEntropy(student, tf.tensor2d([[0.25, 0.75, 0]])), [0.25 * Math.LN2 + 0.75 * LN4]);
  expectClose(labelDistribution(tf.tensor2d([[1, 0]]), 2, 0.2), tf.tensor2d([[0.9, 0.1]]));
});

test('weighted cross entropy has the right gradient for weights of any sum', () => {
  const weights = tf.tensor2d([
    [0.9, 0.4, 1.1],
    [0, 0, 0],
  ]);
  const logits = tf.tensor2d([
    [0.3, -1.2, 2],
    [1, 2, 3],
  ]);
  for (const temperature of [1, 4])
    expectGradients((z) => weightedCrossEntropy(z as tf.Tensor2D, weights, temperature), [logits]);
  expectNoLeak(() => weightedCrossEntropy(logits, weights, 4));
  const target = classes(0);
  expectNoLeak(() => ofaWeights(teacher, target, { exponent: 1.5, labelTerm: true }));
});

test('rejects an exponent or temperature that is not positive, and different shapes', () => {
  for (const exponent of [0, -1, NaN, Infinity])
    assert.throws(
      () => ofaLoss(student, teacher, classes(0), { exponent }),
      /exponent is .* must be a positive finite number/,
    );
  assert.throws(() => ofaLoss(student, teacher, classes(0), { exponent: 1, temperature: 0 }), UserError);
  assert.throws(() => ofaLoss(student, tf.zeros([1, 4]), classes(0), { exponent: 1 }), /same classes/);
  assert.throws(() => weightedCrossEntropy(student, tf.zeros([1, 4])), UserError);
});
