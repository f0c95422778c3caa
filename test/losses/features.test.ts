import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../lib/errors';
import { ccLoss } from '../../lib/losses/cc';
import { rkdLoss } from '../../lib/losses/rkd';
import { rsdLoss } from '../../lib/losses/rsd';
import { srdLoss } from '../../lib/losses/srd';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { matrix, tensor } from './examples';
import * as plain from './float64';
import { expectPlainGradient } from './plainGradient';

interface FeatureLoss {
  readonly ours: (s: tf.Tensor2D, t: tf.Tensor2D) => tf.Tensor;
  readonly plain: (s: plain.Matrix, t: plain.Matrix) => number;
  /** Magnitudes of features at which value and gradient must be right. */
  readonly scales: readonly number[];
  readonly teacherWidth: number;
}

const losses: Readonly<Record<string, FeatureLoss>> = {
  rkd: {
    ours: (s, t) => rkdLoss(s, t, { distanceWeight: 25, angleWeight: 50 }),
    plain: (s, t) => plain.rkd(s, t, 25, 50),
    scales: [1e-20, 1e-3, 1, 1e20],
    teacherWidth: 7,
  },
  // Its value is quadratic in the features: beyond 1e-15 to 1e15 it leaves the range of float32.
  cc: { ours: ccLoss, plain: plain.cc, scales: [1e-15, 1, 1e15], teacherWidth: 5 },
  rsd: {
    ours: (s, t) => rsdLoss(s, t, { kappa: 0.01 }),
    plain: (s, t) => plain.rsd(s, t, 0.01),
    scales: [1e-20, 1e-5, 1, 1e20],
    teacherWidth: 5,
  },
  srd: { ours: srdLoss, plain: (s, t) => plain.srd(s, t, 4, 1e-4), scales: [1e-3, 1, 1e10], teacherWidth: 5 },
  'srd with power 3': {
    ours: (s, t) => srdLoss(s, t, { exponent: 3, epsilon: 1e-2 }),
    plain: (s, t) => plain.srd(s, t, 3, 1e-2),
    scales: [1],
    teacherWidth: 5,
  },
};

for (const [name, loss] of Object.entries(losses)) {
  describe(name, () => {
    const duplicated = (m: plain.Matrix): plain.Matrix => m.map((row, i) => (i === 3 ? m[1]! : row));

    for (const scale of loss.scales) {
      test(`matches its float64 formula in value and gradient with features of ±${scale}`, () => {
        const s = matrix('s', 6, 5, scale);
        const t = matrix('t', 6, loss.teacherWidth, scale);
        expectClose(loss.ours(tensor(s), tensor(t)), loss.plain(s, t), { relative: 1e-5, absolute: 0 });
        // At 1e-20 the finite differences of rsd are lost to rounding even in float64.
        if (name !== 'rsd' || scale > 1e-10)
          expectPlainGradient(
            (x) => loss.ours(x, tensor(t)),
            (x) => loss.plain(x, t),
            s,
          );
      });
    }

    test('matches its float64 formula with two equal examples, and has a finite gradient there', () => {
      const s = duplicated(matrix('s', 6, 5));
      const t = duplicated(matrix('t', 6, loss.teacherWidth));
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss.ours(x as tf.Tensor2D, tensor(t)))(tensor(s));
      expectClose(value, loss.plain(s, t));
      assert.ok(Number.isFinite(largest(grad)));
    });

    test('propagates NaN from either side to the loss', () => {
      const [s, t] = [matrix('s', 6, 5), matrix('t', 6, loss.teacherWidth)];
      const withNaN = (rows: plain.Matrix): plain.Matrix =>
        rows.map((row, i) => row.map((one, j) => (i === 2 && j === 3 ? NaN : one)));
      for (const [a, b] of [
        [withNaN(s), t],
        [s, withNaN(t)],
      ] as const)
        assert.ok(!Number.isFinite(largest(loss.ours(tensor(a), tensor(b)))));
    });

    test('has a finite value and gradient for constant features', () => {
      const t = tensor(matrix('t', 6, loss.teacherWidth));
      for (const s of [tf.zeros<tf.Rank.R2>([6, 5]), tf.fill<tf.Rank.R2>([6, 5], 3)]) {
        const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss.ours(x as tf.Tensor2D, t))(s);
        assert.ok(Number.isFinite(largest(value)) && Number.isFinite(largest(grad)));
      }
    });

    test('returns a scalar, leaks no tensors, and rejects a single example and a teacher with another batch', () => {
      const [s, t] = [tensor(matrix('s', 6, 5)), tensor(matrix('t', 6, loss.teacherWidth))];
      assert.deepEqual(loss.ours(s, t).shape, []);
      expectNoLeak(() => loss.ours(s, t));
      expectNoLeak(() => tf.grad((x: tf.Tensor) => loss.ours(x as tf.Tensor2D, t))(s), 'gradient');
      assert.throws(() => loss.ours(tensor(matrix('s', 1, 5)), tensor(matrix('t', 1, loss.teacherWidth))), UserError);
      assert.throws(() => loss.ours(s, tensor(matrix('t', 5, loss.teacherWidth))), UserError);
    });
  });
}

test('rkd matches a calculation by hand: points 0, 1, 3 on a line against 0, 1, 2', () => {
  const student = tf.tensor2d([[0], [1], [3]]);
  const teacher = tf.tensor2d([
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
  // Distances over their means 2 and 4/3: 1/2, 3/2, 1 against 3/4, 3/2, 3/4; each pair counts twice among 9 cells.
  expectClose(rkdLoss(student, teacher, { distanceWeight: 1, angleWeight: 0 }), (2 * (0.25 ** 2 + 0.25 ** 2)) / 2 / 9);
  expectClose(rkdLoss(student, teacher, { distanceWeight: 0, angleWeight: 1 }), 0);
});

test('rkd does not change if one side is scaled, shifted or rotated', () => {
  const [s, t] = [tensor(matrix('s', 6, 2)), tensor(matrix('t', 6, 3))];
  const options = { distanceWeight: 25, angleWeight: 50 };
  const rotated = tf.matMul(
    s,
    tf.tensor2d([
      [0.6, -0.8],
      [0.8, 0.6],
    ]),
  );
  expectClose(rkdLoss(tf.add(tf.mul(rotated, 3), 2), t, options), rkdLoss(s, t, options), { relative: 1e-4 });
});

test('cc matches a calculation by hand', () => {
  expectClose(
    ccLoss(
      tf.tensor2d([
        [1, 2],
        [0, 3],
        [1, 1],
      ]),
      tf.tensor2d([
        [0, 0],
        [2, 2],
        [1, 4],
      ]),
    ),
    (1 * 2 + 2 * 1 + 2 * 0 + 1 * 3) / 2,
  );
});

test('rsd is nearly zero for equal features with uncorrelated columns of variance 1', () => {
  const x = tf.tensor2d([
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ]);
  expectClose(rsdLoss(x, x, { kappa: 0.01 }), 0, { absolute: 1e-8 });
});
