import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofaLoss, ofaWeights } from '../../../lib/losses/ofa';
import { wttmLoss } from '../../../lib/losses/wttm';
import { powerGradient, powerLines, powerWeights, type PowerLoss } from '../../../lib/results/answers/powers';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose, toArray } from '../../support/close';

const teacher = [0.5, 0.3, 0.15, 0.05];
const student = [0.1, 0.6, 0.1, 0.2];
const target = 1;
const logits = (probabilities: readonly number[]): tf.Tensor2D => tf.tensor2d([probabilities.map(Math.log)]);
const label = tf.tensor1d([target], 'int32');

for (const exponent of [0.2, 1, 1.4]) {
  test(`weights and gradients are those of the losses: exponent ${exponent}`, () =>
    tf.tidy(() => {
      expectClose(
        ofaWeights(logits(teacher), label, { exponent }),
        powerWeights('released', teacher, target, exponent),
        { relative: 1e-5 },
      );
      const losses: Readonly<Record<PowerLoss, (x: tf.Tensor2D) => tf.Tensor>> = {
        released: (x) => ofaLoss(x, logits(teacher), label, { exponent }),
        paper: (x) => ofaLoss(x, logits(teacher), label, { exponent, form: 'paper' }),
        wttm: (x) => wttmLoss(x, logits(teacher), { exponent }),
      };
      for (const name of ['released', 'paper', 'wttm'] as const) {
        const gradient = tf.grad((x: tf.Tensor) => tf.sum(losses[name](x as tf.Tensor2D)))(logits(student));
        expectClose(gradient, powerGradient(powerWeights(name, teacher, target, exponent), student), {
          absolute: 1e-5,
        });
        expectClose(
          toArray(gradient).reduce((sum, x) => sum + x, 0),
          0,
          { absolute: 1e-5 },
        );
      }
    }));
}

test('the two losses share the weights of the other classes, and all weights at exponent 1', () => {
  for (const exponent of [0.2, 1.4]) {
    const [released, wttm] = (['released', 'wttm'] as const).map((name) => powerWeights(name, teacher, 1, exponent));
    for (const c of [0, 2, 3]) assert.equal(released![c], wttm![c]);
    // (1 + p)^e − 1 exceeds p^e above exponent 1 and lies below it for smaller ones.
    assert.equal(released![1]! > wttm![1]!, exponent > 1);
  }
  expectClose(powerWeights('released', teacher, 1, 1), teacher);
  assert.deepEqual(powerWeights('wttm', teacher, 1, 1), teacher);
});

test('lines show the weight of the target class, the sum of the weights and the gradient per weight', () => {
  const { targetWeights, totals, gradients } = powerLines({
    classes: 5,
    studentTarget: 0.5,
    losses: [
      ['released', 1.4],
      ['wttm', 0.2],
      ['wttm', 1],
    ],
  });
  assert.deepEqual(
    totals.map(({ name }) => name),
    ['OFA, released form, ε = 1.4', 'WTTM, γ = 0.2', 'WTTM, γ = 1'],
  );
  const at = (lines: typeof totals, index: number, p: number): number =>
    lines[index]!.y[lines[index]!.x.findIndex((x) => Math.abs(x - p) < 1e-9)]!;
  expectClose(at(targetWeights, 0, 0.6), 1.6 ** 1.4 - 1);
  expectClose(at(totals, 0, 0.6), 1.6 ** 1.4 - 1 + 4 * 0.1 ** 1.4);
  expectClose(at(totals, 1, 0.6), 0.6 ** 0.2 + 4 * 0.1 ** 0.2);
  // At γ = 1 the sum is 1, and the gradient is the difference of the probabilities: zero where both agree.
  expectClose(at(totals, 2, 0.6), 1);
  expectClose(at(gradients, 2, 0.6), 0.5 - 0.6);
  expectClose(at(gradients, 2, 0.5), 0, { absolute: 1e-12 });
});

test.after(() => label.dispose());
