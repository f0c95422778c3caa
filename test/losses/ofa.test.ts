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

test('both forms by hand at exponent 2, with and without the label term', () => {
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

test('at exponent 1 both forms are the cross entropy against the teacher, and the target does not matter', () => {
  const [s, t] = [tensor(matrix('s', 4, 6)), tensor(matrix('t', 4, 6, 2))];
  for (const form of ['released', 'paper'] as const)
    expectClose(ofaLoss(s, t, classes(0, 1, 2, 3), { exponent: 1, form }), weightedCrossEntropy(s, tf.softmax(t)));
});

test('a larger exponent weighs the target more and, in the released form, the others less', () => {
  const weights = [1, 1.4, 2].map((exponent) => ofaWeights(teacher, classes(0), { exponent }).dataSync());
  assert.ok(weights[0]![0]! < weights[1]![0]! && weights[1]![0]! < weights[2]![0]!);
  assert.ok(weights[0]![1]! > weights[1]![1]! && weights[1]![1]! > weights[2]![1]!);
});

test('soft labels count by their likeliest class', () => {
  const soft = tf.tensor2d([[0.3, 0.1, 0.6]]);
  expectClose(
    ofaLoss(student, teacher, soft, { exponent: 1.5 }),
    ofaLoss(student, teacher, classes(2), { exponent: 1.5 }),
  );
  expectClose(targetMask(soft, 3), tf.tensor2d([[0, 0, 1]]));
});

test('smoothed and soft cross entropy by hand', () => {
  expectClose(crossEntropy(student, classes(0)), [Math.LN2]);
  expectClose(crossEntropy(student, classes(0), { smoothing: 0.3 }), [0.8 * Math.LN2 + 0.2 * LN4]);
  expectClose(crossEntropy(student, tf.tensor2d([[0.25, 0.75, 0]])), [0.25 * Math.LN2 + 0.75 * LN4]);
  expectClose(labelDistribution(tf.tensor2d([[1, 0]]), 2, 0.2), tf.tensor2d([[0.9, 0.1]]));
});

test("weights of any sum have the right gradient, where tfjs's own op has not", () => {
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

test('exponents and temperatures that are not above zero are refused, as are foreign shapes', () => {
  for (const exponent of [0, -1, NaN, Infinity])
    assert.throws(
      () => ofaLoss(student, teacher, classes(0), { exponent }),
      /exponent ε must be a finite number above 0/,
    );
  assert.throws(() => ofaLoss(student, teacher, classes(0), { exponent: 1, temperature: 0 }), UserError);
  assert.throws(() => ofaLoss(student, tf.zeros([1, 4]), classes(0), { exponent: 1 }), /same classes/);
  assert.throws(() => weightedCrossEntropy(student, tf.zeros([1, 4])), UserError);
});
