import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../lib/errors';
import { bkdLoss } from '../../lib/losses/bkd';
import { crossEntropy } from '../../lib/losses/crossEntropy';
import { distLoss } from '../../lib/losses/dist';
import { dkdLoss } from '../../lib/losses/dkd';
import { kdLoss } from '../../lib/losses/kd';
import { ofaLoss } from '../../lib/losses/ofa';
import { rldLoss } from '../../lib/losses/rld';
import { ttmLoss } from '../../lib/losses/ttm';
import { wttmLoss } from '../../lib/losses/wttm';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { classes, matrix, tensor } from './examples';
import * as plain from './float64';
import { expectPlainGradient } from './plainGradient';

/** A loss between the logits of two networks: ours, and the plain formula in float64. */
interface LogitLoss {
  readonly ours: (s: tf.Tensor2D, t: tf.Tensor2D, y: tf.Tensor1D) => tf.Tensor;
  readonly plain: (s: plain.Matrix, t: plain.Matrix, y: readonly number[]) => number[] | number;
  readonly zeroAtTeacher?: boolean;
  readonly relational?: boolean;
}

const losses: Readonly<Record<string, LogitLoss>> = {
  'cross entropy': {
    ours: (s, _, y) => crossEntropy(s, y),
    plain: (s, _, y) => s.map((row, i) => -plain.logSoftmax(row)[y[i]!]!),
  },
  kd: { ours: (s, t) => kdLoss(s, t, { temperature: 4 }), plain: (s, t) => plain.kd(s, t, 4), zeroAtTeacher: true },
  bkd: { ours: bkdLoss, plain: plain.bkd },
  dkd: {
    ours: (s, t, y) => dkdLoss(s, t, y, { alpha: 1, beta: 2, temperature: 2 }),
    plain: (s, t, y) => plain.dkd(s, t, y, 1, 2, 2),
    zeroAtTeacher: true,
  },
  dist: {
    ours: (s, t) => distLoss(s, t, { beta: 1, gamma: 2, temperature: 2 }),
    plain: (s, t) => plain.dist(s, t, 1, 2, 2),
    zeroAtTeacher: true,
    relational: true,
  },
  ttm: { ours: (s, t) => ttmLoss(s, t, { exponent: 0.3 }), plain: (s, t) => plain.ttm(s, t, 0.3) },
  wttm: { ours: (s, t) => wttmLoss(s, t, { exponent: 0.3 }), plain: (s, t) => plain.wttm(s, t, 0.3) },
  rld: {
    ours: (s, t, y) => rldLoss(s, t, y, { alpha: 1.5, beta: 3, temperature: 2, alphaTemperature: 1.2 }),
    plain: (s, t, y) => plain.rld(s, t, y, 1.5, 3, 2, 1.2),
  },
  ...Object.fromEntries(
    (['released', 'paper'] as const).flatMap((form) =>
      [0.5, 1.4].flatMap((exponent) =>
        [false, true].map((labelTerm): [string, LogitLoss] => [
          `ofa ${form} ${exponent}${labelTerm ? ' with label term' : ''}`,
          {
            ours: (s, t, y) => ofaLoss(s, t, y, { exponent, form, labelTerm, temperature: 2 }),
            plain: (s, t, y) => plain.ofa(s, t, y, exponent, 2, form, labelTerm),
          },
        ]),
      ),
    ),
  ),
};

for (const [name, loss] of Object.entries(losses)) {
  describe(name, () => {
    for (const count of [2, 5, 100]) {
      for (const scale of [1, 30, 1e4]) {
        test(`matches its float64 formula: ${count} classes, logits of ±${scale}`, () => {
          const labels = [0, 1, 1, count - 1];
          const s = matrix(`${name} s`, 4, count, scale);
          const t = matrix(`${name} t`, 4, count, scale);
          // Differences of logits have an absolute error of 6e-8 times the logits, which passes on to the loss.
          const expected = loss.plain(s, t, labels);
          expectClose(loss.ours(tensor(s), tensor(t), classes(...labels)), expected, {
            relative: 1e-5 * Math.max(1, scale / 30),
            absolute: 1e-6 * Math.max(1, scale),
          });
        });
      }

      for (const scale of [1.5, 8]) {
        test(`matches finite differences in its gradient: ${count} classes, logits of ±${scale}`, () => {
          const t = matrix(`${name} t`, 4, count, scale);
          const y = [0, 1, 1, count - 1];
          expectPlainGradient(
            (s) => loss.ours(s, tensor(t), classes(...y)),
            (s) => loss.plain(s, t, y),
            matrix(`${name} s`, 4, count, scale),
          );
        });
      }
    }

    test('has a finite gradient where probabilities are exactly 0 and 1', () => {
      for (const count of [2, 5]) {
        const t = tensor(matrix('far t', 4, count, 1e4));
        const gradient = tf.grad((s: tf.Tensor) => loss.ours(s as tf.Tensor2D, t, classes(0, 1, 1, 0)))(
          tensor(matrix('far s', 4, count, 1e4)),
        );
        assert.ok(Number.isFinite(largest(gradient)));
      }
    });

    test('has a finite value and gradient for constant logits of student and teacher', () => {
      const flat = tf.zeros<tf.Rank.R2>([4, 3]);
      const { value, grad } = tf.valueAndGrad((s: tf.Tensor) => loss.ours(s as tf.Tensor2D, flat, classes(0, 1, 2, 2)))(
        flat,
      );
      assert.ok(Number.isFinite(largest(value)) && Number.isFinite(largest(grad)));
    });

    test('returns one value per example, or a scalar if it compares examples, and leaks no tensors', () => {
      const [s, t, y] = [tensor(matrix('s', 4, 6)), tensor(matrix('t', 4, 6)), classes(0, 5, 2, 2)];
      assert.deepEqual(loss.ours(s, t, y).shape, loss.relational ? [] : [4]);
      expectNoLeak(() => loss.ours(s, t, y));
      expectNoLeak(() => tf.grad((x: tf.Tensor) => loss.ours(x as tf.Tensor2D, t, y))(s), 'gradient');
    });

    if (loss.zeroAtTeacher)
      test('is zero, with zero gradient, if the student equals the teacher', () => {
        const t = tensor(matrix('t', 4, 6, 2));
        const { value, grad } = tf.valueAndGrad((s: tf.Tensor) => loss.ours(s as tf.Tensor2D, t, classes(0, 5, 2, 2)))(
          t,
        );
        expectClose(value, tf.zerosLike(value), { absolute: 1e-5 });
        expectClose(grad, tf.zerosLike(grad), { absolute: 1e-5 });
      });

    if (!loss.relational)
      test('does not depend on how the batch is split', () => {
        const [s, t, y] = [tensor(matrix('s', 4, 6)), tensor(matrix('t', 4, 6)), classes(0, 5, 2, 2)];
        const halves = [0, 2].map((start) =>
          loss.ours(tf.slice(s, [start, 0], [2, 6]), tf.slice(t, [start, 0], [2, 6]), tf.slice(y, [start], [2])),
        );
        expectClose(tf.concat(halves), loss.ours(s, t, y), { relative: 1e-6 });
      });

    if (name !== 'cross entropy')
      test('rejects networks with different numbers of classes', () => {
        assert.throws(
          () => loss.ours(tensor(matrix('s', 4, 6)), tensor(matrix('t', 4, 5)), classes(0, 1, 2, 2)),
          UserError,
        );
      });

    test('propagates NaN from either side to the loss', () => {
      const [s, t] = [matrix('s', 4, 6), matrix('t', 4, 6)];
      const withValue = (rows: plain.Matrix, value: number): plain.Matrix =>
        rows.map((row, i) => row.map((one, j) => (i === 2 && j === 3 ? value : one)));
      const finite = (a: plain.Matrix, b: plain.Matrix): boolean =>
        Number.isFinite(largest(loss.ours(tensor(a), tensor(b), classes(0, 5, 2, 2))));
      assert.ok(finite(s, t));
      assert.ok(!finite(withValue(s, NaN), t));
      if (name !== 'cross entropy') assert.ok(!finite(s, withValue(t, NaN)));
    });

    if (/cross|dkd|ofa|rld/.test(name))
      test('rejects labels of another batch size, and soft labels with other classes', () => {
        const [s, t] = [tensor(matrix('s', 4, 6)), tensor(matrix('t', 4, 6))];
        for (const labels of [classes(1), classes(0, 1, 2), tf.ones([4, 5]), tf.ones([1, 6])]) {
          assert.throws(
            () => loss.ours(s, t, labels as tf.Tensor1D),
            /need labels of shape \[4\], or soft labels of shape \[4,6\]/,
          );
        }
      });
  });
}
