import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../lib/errors';
import { crossEntropy } from '../../lib/losses/crossEntropy';
import { dkdLoss } from '../../lib/losses/dkd';
import { kdLoss } from '../../lib/losses/kd';
import { ofaLoss, ofaWeights } from '../../lib/losses/ofa';
import { rldLoss } from '../../lib/losses/rld';
import { exampleWeights, gradientCosines, meanLogitCosine, stageWeight } from '../../lib/losses/spofa';
import { srdLoss } from '../../lib/losses/srd';
import { standardiseLogits } from '../../lib/losses/standardise';
import { ttmLoss } from '../../lib/losses/ttm';
import { powerSum, wttmLoss } from '../../lib/losses/wttm';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, toArray } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { classes, matrix, tensor } from './examples';
import * as plain from './float64';
import { expectPlainGradient } from './plainGradient';

const gradient = (loss: (x: tf.Tensor2D) => tf.Tensor, at: plain.Matrix): readonly number[] =>
  toArray(tf.grad((x: tf.Tensor) => tf.sum(loss(x as tf.Tensor2D)))(tensor(at)));

describe('standardised logits', () => {
  for (const [batch, count] of [
    [1, 3],
    [5, 10],
    [3, 100],
  ] as const) {
    const [s, t] = [matrix('s', batch, count, 3), matrix('t', batch, count, 5)];
    const y = s.map((_, i) => (2 * i) % count);
    const [zs, zt] = [s, t].map((rows) => rows.map(plain.standardise));

    test(`KD and DKD match their float64 formulas in value and gradient: ${batch} examples, ${count} classes`, () => {
      for (const temperature of [0.5, 2, 4]) {
        const dkd = { alpha: 9, beta: 72, temperature };
        expectClose(
          kdLoss(standardiseLogits(tensor(s)), standardiseLogits(tensor(t)), { temperature }),
          plain.kd(zs!, zt!, temperature),
          { relative: 1e-5 },
        );
        expectClose(
          dkdLoss(standardiseLogits(tensor(s)), standardiseLogits(tensor(t)), classes(...y), dkd),
          plain.dkd(zs!, zt!, y, 9, 72, temperature),
          { relative: 1e-5 },
        );
        expectPlainGradient(
          (x) => kdLoss(standardiseLogits(x), standardiseLogits(tensor(t)), { temperature }),
          (x) => plain.kd(x.map(plain.standardise), zt!, temperature),
          s,
          { tolerance: 5e-4 },
        );
        expectPlainGradient(
          (x) => dkdLoss(standardiseLogits(x), standardiseLogits(tensor(t)), classes(...y), dkd),
          (x) => plain.dkd(x.map(plain.standardise), zt!, y, 9, 72, temperature),
          s,
          { tolerance: 5e-4 },
        );
      }
    });
  }

  test('do not change if logits are shifted, or scaled by a positive number', () => {
    const rows = matrix('s', 4, 7);
    const expected = rows.map(plain.standardise).flat();
    for (const [scale, shift] of [
      [1, 0],
      [1e-3, 0],
      [1e4, -3e4],
      [7, 100],
    ] as const)
      expectClose(standardiseLogits(tensor(rows.map((row) => row.map((x) => scale * x + shift)))), expected, {
        absolute: 2e-3,
      });
    expectClose(
      standardiseLogits(tensor(rows.map((row) => row.map((x) => -x)))),
      expected.map((x) => -x),
      { absolute: 1e-5 },
    );
  });

  test('are zero, with a finite gradient, for an example whose logits are equal', () => {
    const flat = [
      [2, 2, 2],
      [0, 1, 2],
    ];
    expectClose(standardiseLogits(tensor(flat)), [0, 0, 0, -1, 0, 1], { absolute: 1e-6 });
    assert.ok(gradient((x) => tf.square(standardiseLogits(x)), flat).every(Number.isFinite));
    const logits = tensor(flat);
    expectNoLeak(() => standardiseLogits(logits));
  });
});

describe('TTM and WTTM', () => {
  const [s, t] = [matrix('s', 5, 8, 2), matrix('t', 5, 8, 3)];

  test('at exponent 1 both equal KD at temperature 1', () => {
    const kd = kdLoss(tensor(s), tensor(t), { temperature: 1 });
    expectClose(ttmLoss(tensor(s), tensor(t), { exponent: 1 }), kd, { relative: 1e-5 });
    expectClose(wttmLoss(tensor(s), tensor(t), { exponent: 1 }), kd, { relative: 1e-5 });
  });

  test('TTM matches the target of KD at temperature 1 / γ, without the temperature of the student', () => {
    const softened = t.map((row) => row.map((x) => x / 4));
    expectClose(
      ttmLoss(tensor(s), tensor(t), { exponent: 0.25 }),
      kdLoss(tensor(s), tensor(softened), { temperature: 1 }),
      {
        relative: 1e-5,
      },
    );
  });

  for (const exponent of [0.1, 0.5, 1.4]) {
    test(`the gradient of WTTM is that of the cross entropy with the powers of the teacher: γ = ${exponent}`, () => {
      expectPlainGradient(
        (x) => wttmLoss(x, tensor(t), { exponent }),
        (x) =>
          x.map((row, i) => {
            const logS = plain.logSoftmax(row);
            return -plain.powers(t[i]!, exponent).reduce((sum, power, c) => sum + power * logS[c]!, 0);
          }),
        s,
      );
    });

    test(`the released form of ε has the same weights as WTTM on the other classes: γ = ${exponent}`, () => {
      const y = [0, 3, 3, 7, 2];
      const weights = toArray(ofaWeights(tensor(t), classes(...y), { exponent }));
      t.forEach((row, i) =>
        plain.powers(row, exponent).forEach((power, c) => {
          const expected = c === y[i] ? (1 + plain.powers(row, 1)[c]!) ** exponent - 1 : power;
          expectClose(weights[i * 8 + c]!, expected, { relative: 1e-5, absolute: 1e-7 });
        }),
      );
    });
  }

  test('the sum of powers is 1 at γ = 1, falls with γ, and approaches the number of classes at 0', () => {
    const sums = [1e-6, 0.3, 1, 1.4].map((exponent) => toArray(powerSum(tensor(t), exponent)));
    expectClose(sums[0]!, [8, 8, 8, 8, 8], { relative: 1e-4 });
    expectClose(sums[2]!, [1, 1, 1, 1, 1], { relative: 1e-5 });
    for (const i of [0, 1, 2, 3, 4]) assert.ok(sums[1]![i]! > sums[2]![i]! && sums[2]![i]! > sums[3]![i]!);
  });

  test('reject an exponent that is not positive', () => {
    for (const exponent of [0, -1, NaN, Infinity])
      assert.throws(() => wttmLoss(tensor(s), tensor(t), { exponent }), UserError);
  });
});

describe('RLD', () => {
  const teacher = [3, 1, 0, -1];
  const student = [0.5, 1.5, -0.5, 0.2];
  const loss = (label: number, beta: number, alpha = 0): number =>
    toArray(rldLoss(tensor([student]), tensor([teacher]), classes(label), { alpha, beta, temperature: 2 }))[0]!;
  const kl = (p: readonly number[], q: readonly number[]): number =>
    plain.kd([q], [p], 2).reduce((sum, one) => sum + one, 0);

  test('hides the classes that the teacher ranks at or above the target class', () => {
    // The right class is on top: only it is hidden, as in DKD.
    expectClose(loss(0, 1), kl([1, 0, -1], [1.5, -0.5, 0.2]), { relative: 1e-5 });
    // The teacher prefers class 0 to the target class 1: both are hidden.
    expectClose(loss(1, 1), kl([0, -1], [-0.5, 0.2]), { relative: 1e-5 });
    // A single class, or none, remains: nothing is left to match.
    assert.equal(loss(2, 1), 0);
    assert.equal(loss(3, 1), 0);
  });

  test('hides classes whose logit equals that of the target class', () => {
    const tied = rldLoss(tensor([student]), tensor([[3, 3, 0, -1]]), classes(1), { alpha: 0, beta: 1, temperature: 2 });
    expectClose(tied, kl([0, -1], [-0.5, 0.2]), { relative: 1e-5 });
  });

  test('gives hidden classes no gradient', () => {
    const values = gradient(
      (x) => rldLoss(x, tensor([teacher]), classes(1), { alpha: 0, beta: 1, temperature: 2 }),
      [student],
    );
    assert.deepEqual(values.slice(0, 2), [0, 0]);
    assert.ok(values.slice(2).every((value) => value !== 0));
  });

  test("raises the target class to the teacher's highest probability, even if the teacher is wrong", () => {
    for (const label of [0, 1, 3]) {
      const logits = [0, 0, 0, 0].map((_, c) =>
        c === label ? Math.log(3 * Math.exp(plain.logSoftmax(teacher)[0]!)) : 0,
      );
      const p = Math.exp(plain.logSoftmax(teacher)[0]!);
      logits[label] -= Math.log(1 - p);
      const value = rldLoss(tensor([logits]), tensor([teacher]), classes(label), { alpha: 1, beta: 0, temperature: 1 });
      expectClose(value, 0, { absolute: 1e-6 });
    }
  });

  test('equals DKD if the teacher is right and both temperatures are equal', () => {
    const [s, t] = [matrix('s', 6, 5, 2), matrix('t', 6, 5, 2)];
    const y = t.map((row) => row.indexOf(Math.max(...row)));
    const options = { alpha: 1, beta: 8, temperature: 3 };
    expectClose(
      rldLoss(tensor(s), tensor(t), classes(...y), { ...options, alphaTemperature: 3 }),
      dkdLoss(tensor(s), tensor(t), classes(...y), options),
      { relative: 1e-5 },
    );
  });
});

describe('SRD', () => {
  test('does not change if the features of a network are shifted, or scaled while ε is negligible', () => {
    const [s, t] = [matrix('s', 6, 5, 10), matrix('t', 6, 5, 10)];
    const moved = s.map((row) => row.map((x, d) => 3 * x + d - 2));
    expectClose(
      srdLoss(tensor(moved), tensor(t), { epsilon: 1e-8 }),
      srdLoss(tensor(s), tensor(t), { epsilon: 1e-8 }),
      {
        relative: 1e-5,
      },
    );
  });

  test('matches a calculation by hand: one feature of −1 and 1 against 1 and −1', () => {
    expectClose(
      srdLoss(tensor([[-1], [1]]), tensor([[1], [-1]])),
      2 * Math.log(2 * (4 / Math.sqrt(1.0001) ** 2) ** 2),
      {
        relative: 1e-5,
      },
    );
  });

  test('rejects a power or an ε that is not positive', () => {
    const x = tensor(matrix('x', 3, 2));
    assert.throws(() => srdLoss(x, x, { exponent: 0 }), /exponent is 0\. It must be a positive finite number/);
    assert.throws(() => srdLoss(x, x, { epsilon: -1 }), /epsilon is -1/);
  });
});

describe("SPOFA's weights", () => {
  const [s, t] = [matrix('s', 5, 6, 2), matrix('t', 5, 6, 2)];
  const y = [0, 5, 2, 2, 1];

  for (const [name, labels] of [
    ['class indices', () => classes(...y)],
    ['soft labels', () => tf.softmax(tensor(matrix('y', 5, 6)))],
  ] as const) {
    test(`the cosines are those of the gradients of the two losses: ${name}`, () => {
      for (const temperature of [1, 2]) {
        const options = { exponent: 1.3, temperature };
        const ofLabel = gradient((x) => crossEntropy(x, labels()), s);
        const ofTeacher = gradient((x) => ofaLoss(x, tensor(t), labels(), options), s);
        const expected = s.map((_, i) => {
          const [a, b] = [ofLabel, ofTeacher].map((values) => values.slice(6 * i, 6 * i + 6));
          return a!.reduce((sum, x, c) => sum + x * b![c]!, 0) / (Math.hypot(...a!) * Math.hypot(...b!));
        });
        const weights = ofaWeights(tensor(t), labels(), options);
        expectClose(gradientCosines(tensor(s), weights, labels(), temperature), expected, { absolute: 1e-4 });
      }
    });
  }

  test('an example loses weight in proportion to its cosine below the mean, down to one half', () => {
    expectClose(exampleWeights(tf.tensor1d([0.6, 0.5, 0.1, -1]), tf.scalar(0.5), 2), [1, 1, 0.92, 0.7], {
      absolute: 1e-6,
    });
    expectClose(exampleWeights(tf.tensor1d([0.6, -1]), tf.scalar(1), 100), [0.5, 0.5], { absolute: 1e-6 });
  });

  test('a stage gains or loses weight with its cosine, between 0.1 and 2', () => {
    for (const [cosine, mean, scale, weight] of [
      [0.2, 0.2, 5, 1],
      [0.3, 0.2, 5, 1.5],
      [0.1, 0.2, 5, 0.5],
      [1, 0, 5, 2],
      [-1, 0, 5, 0.1],
      [-1, 1, 0, 1],
    ] as const) {
      expectClose(stageWeight(tf.scalar(cosine), tf.scalar(mean), scale), weight, { absolute: 1e-6 });
    }
  });

  test('the mean cosine is 1 for proportional logits and −1 for opposite ones', () => {
    const scaled = (by: number): tf.Tensor2D => tensor(s.map((row) => row.map((x) => by * x)));
    expectClose(meanLogitCosine(scaled(3), tensor(s)), 1, { absolute: 1e-6 });
    expectClose(meanLogitCosine(scaled(-0.1), tensor(s)), -1, { absolute: 1e-6 });
  });
});
