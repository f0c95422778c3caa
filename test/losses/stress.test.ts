import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bkdLoss } from '../../lib/losses/bkd';
import { ccLoss } from '../../lib/losses/cc';
import { crdLoss } from '../../lib/losses/crd';
import { crossEntropy } from '../../lib/losses/crossEntropy';
import { distLoss } from '../../lib/losses/dist';
import { dkdLoss } from '../../lib/losses/dkd';
import { fitnetLoss } from '../../lib/losses/fitnet';
import { kdLoss } from '../../lib/losses/kd';
import { ofaLoss } from '../../lib/losses/ofa';
import { rkdLoss } from '../../lib/losses/rkd';
import { rsdLoss } from '../../lib/losses/rsd';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { classes, matrix, tensor } from './examples';
import * as plain from './float64';

/** A loss with the options of its recipe: ours, and the plain formula in float64. */
interface Pair {
  readonly ours: (s: tf.Tensor2D, t: tf.Tensor2D, y: tf.Tensor1D) => tf.Tensor;
  readonly plain: (s: plain.Matrix, t: plain.Matrix, y: readonly number[]) => number[] | number;
}

const ofLogits: Readonly<Record<string, Pair>> = {
  'cross entropy': {
    ours: (s, _, y) => crossEntropy(s, y),
    plain: (s, _, y) => s.map((row, i) => -plain.logSoftmax(row)[y[i]!]!),
  },
  kd: { ours: (s, t) => kdLoss(s, t, { temperature: 4 }), plain: (s, t) => plain.kd(s, t, 4) },
  bkd: { ours: bkdLoss, plain: plain.bkd },
  dkd: {
    ours: (s, t, y) => dkdLoss(s, t, y, { alpha: 1, beta: 2, temperature: 4 }),
    plain: (s, t, y) => plain.dkd(s, t, y, 1, 2, 4),
  },
  dist: {
    ours: (s, t) => distLoss(s, t, { beta: 1, gamma: 1, temperature: 1 }),
    plain: (s, t) => plain.dist(s, t, 1, 1, 1),
  },
  ofa: {
    ours: (s, t, y) => ofaLoss(s, t, y, { exponent: 1.4 }),
    plain: (s, t, y) => plain.ofa(s, t, y, 1.4, 1, 'released', false),
  },
};

const rows = [
  [4, 1, 7],
  [0, 9, 3],
  [5, 8, 1],
  [4, 2, 6],
];
const bank = matrix('bank', 10, 5).map((row) => row.map((x) => x / Math.hypot(...row)));
const ofFeatures: Readonly<Record<string, Pair>> = {
  rkd: {
    ours: (s, t) => rkdLoss(s, t, { distanceWeight: 25, angleWeight: 50 }),
    plain: (s, t) => plain.rkd(s, t, 25, 50),
  },
  cc: { ours: ccLoss, plain: plain.cc },
  rsd: { ours: (s, t) => rsdLoss(s, t, { kappa: 0.01 }), plain: (s, t) => plain.rsd(s, t, 0.01) },
  crd: {
    ours: (s, t) =>
      crdLoss(
        { student: s, teacher: t, rows: tf.tensor2d(rows, undefined, 'int32') },
        { student: tensor(bank), teacher: tensor(bank) },
        { student: tf.scalar(3), teacher: tf.scalar(3) },
        0.07,
      ),
    plain: (s, t) => plain.crd(s, bank, rows, 0.07, Math.exp(3)) + plain.crd(t, bank, rows, 0.07, Math.exp(3)),
  },
  fitnet: {
    ours: (s, t) => fitnetLoss(tf.reshape(s, [4, 1, 1, 5]), tf.reshape(t, [4, 1, 1, 5])),
    plain: (s, t) => s.map((row, i) => row.reduce((sum, x, d) => sum + (x - t[i]![d]!) ** 2 / row.length, 0)),
  },
};

/** Batches of 4 in which images repeat. */
const twice = (m: plain.Matrix): plain.Matrix => [m[0]!, m[0]!, m[1]!, m[1]!];
const fourTimes = (m: plain.Matrix): plain.Matrix => [m[0]!, m[0]!, m[0]!, m[0]!];
const batches = { 'four images': (m: plain.Matrix) => m, 'two images twice': twice, 'one image four times': fourTimes };
/** Labels of the batch: without one of the three classes, or of one class only. */
const labelled = { 'a missing class': [0, 1, 1, 0], 'a single class': [2, 2, 2, 2] };

for (const [name, loss] of Object.entries(ofLogits)) {
  describe(name, () => {
    for (const [content, repeated] of Object.entries(batches))
      for (const [labels, y] of Object.entries(labelled))
        for (const scale of [1e-20, 1, 1e4]) {
          test(`matches float64 and has a finite gradient: ${content}, ${labels}, logits of ±${scale}`, () => {
            const [s, t] = [repeated(matrix(`${name} s`, 4, 3, scale)), repeated(matrix(`${name} t`, 4, 3, scale))];
            const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
              loss.ours(x as tf.Tensor2D, tensor(t), classes(...y)),
            )(tensor(s));
            // Logits of 1e4 have an absolute error of 6e-4 in float32, and so has the loss.
            expectClose(value, loss.plain(s, t, y), { relative: 1e-5, absolute: 1e-7 * Math.max(10, scale) });
            assert.ok(Number.isFinite(largest(grad)));
          });
        }
  });
}

for (const [name, loss] of Object.entries(ofFeatures)) {
  describe(name, () => {
    for (const [content, repeated] of Object.entries(batches))
      for (const scale of [1e-20, 1, 1e20]) {
        test(`matches float64 and has a finite gradient: ${content}, features of ±${scale}`, () => {
          const [s, t] = [repeated(matrix(`${name} s`, 4, 5, scale)), repeated(matrix(`${name} t`, 4, 5, scale))];
          const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
            loss.ours(x as tf.Tensor2D, tensor(t), classes(0, 0, 0, 0)),
          )(tensor(s));
          // CC and FitNet are quadratic: with features of 1e20 they exceed float32's 3e38 and become infinite.
          const expected = [loss.plain(s, t, [])].flat().map((x) => (x > 3.4e38 ? Infinity : x));
          expectClose(value, expected, { relative: 1e-5, absolute: 1e-7 });
          if (expected.every(Number.isFinite)) assert.ok(Number.isFinite(largest(grad)));
        });
      }
  });
}
