import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { crdLoss, crdLogZ, updateCrdMemory, type CrdBatch, type CrdMemory } from '../../lib/losses/crd';
import { normalise } from '../../lib/losses/norm';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { matrix, tensor } from './examples';
import * as plain from './float64';
import { expectPlainGradient } from './plainGradient';

const temperature = 0.07;
const rows = [
  [4, 1, 7, 7],
  [0, 9, 3, 2],
  [5, 8, 1, 6],
];
const unit = (m: plain.Matrix): plain.Matrix => m.map((row) => row.map((x) => x / Math.hypot(...row)));
const banks = { student: unit(matrix('bank s', 10, 5)), teacher: unit(matrix('bank t', 10, 5)) };

function setting(scale = 1): { batch: CrdBatch; memory: CrdMemory; s: plain.Matrix; t: plain.Matrix } {
  const s = matrix('s', 3, 5, scale);
  const t = matrix('t', 3, 5, scale);
  return {
    s,
    t,
    batch: { student: tensor(s), teacher: tensor(t), rows: tf.tensor2d(rows, undefined, 'int32') },
    memory: { student: tensor(banks.student), teacher: tensor(banks.teacher) },
  };
}

const normalisers = { student: 20, teacher: 30 };
const logNormalisers = (): { student: tf.Scalar; teacher: tf.Scalar } => ({
  student: tf.scalar(Math.log(20)),
  teacher: tf.scalar(Math.log(30)),
});
const expected = (s: plain.Matrix, t: plain.Matrix): number =>
  plain.crd(s, banks.teacher, rows, temperature, normalisers.student) +
  plain.crd(t, banks.student, rows, temperature, normalisers.teacher);

for (const scale of [1e-20, 1, 1e20]) {
  test(`matches the float64 formula in value and gradient with embeddings of ±${scale}`, () => {
    const { batch, memory, s, t } = setting(scale);
    expectClose(crdLoss(batch, memory, logNormalisers(), temperature), expected(s, t), { relative: 1e-5 });
    expectPlainGradient(
      (x) => crdLoss({ ...batch, student: x }, memory, logNormalisers(), temperature),
      (x) => expected(x, t),
      s,
    );
  });
}

test('computes Z as the number of examples times the mean score of the batch', () => {
  const { batch, memory, s } = setting();
  const scores = rows.flatMap((chosen, i) =>
    chosen.map((row) =>
      Math.exp(unit(s)[i]!.reduce((sum, x, d) => sum + x * banks.teacher[row]![d]!, 0) / temperature),
    ),
  );
  const z = (10 * scores.reduce((sum, score) => sum + score, 0)) / scores.length;
  expectClose(crdLogZ(batch, memory, temperature).student, Math.log(z), { relative: 1e-5 });
});

test('updates only the rows of the batch and keeps them at length 1', () => {
  const { batch, memory, t } = setting();
  const next = updateCrdMemory(batch, memory, 0.25);
  const updated = unit(rows.map(([own], i) => banks.teacher[own!]!.map((x, d) => 0.25 * x + 0.75 * unit(t)[i]![d]!)));
  expectClose(
    next.teacher,
    banks.teacher.flatMap((row, i) => {
      const index = rows.findIndex(([own]) => own === i);
      return [...(index < 0 ? row : updated[index]!)];
    }),
  );
});

test('leaks no tensors', () => {
  const { batch, memory } = setting();
  const z = logNormalisers();
  expectNoLeak(() => crdLoss(batch, memory, z, temperature));
  expectNoLeak(() => ({ ...crdLogZ(batch, memory, temperature) }));
  expectNoLeak(() => ({ ...updateCrdMemory(batch, memory, 0.5) }));
  expectNoLeak(
    () =>
      tf.grad((x: tf.Tensor) => crdLoss({ ...batch, student: x as tf.Tensor2D }, memory, z, temperature))(
        batch.student,
      ),
    'gradient',
  );
});

test('gives a finite loss and gradient for a zero embedding, and rejects wrong shapes', () => {
  const { batch, memory } = setting();
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
    crdLoss({ ...batch, student: x as tf.Tensor2D }, memory, logNormalisers(), temperature),
  )(tf.zeros([3, 5]));
  assert.ok(Number.isFinite(value.dataSync()[0]) && grad.dataSync().every((x) => x === 0));
  expectClose(normalise(tf.zeros([2, 3]), 1), [0, 0, 0, 0, 0, 0]);
  assert.throws(
    () => crdLoss({ ...batch, student: tensor(matrix('s', 3, 4)) }, memory, logNormalisers(), temperature),
    UserError,
  );
  assert.throws(
    () =>
      crdLoss(
        { ...batch, rows: tf.tensor2d([[1], [2], [3]], undefined, 'int32') },
        memory,
        logNormalisers(),
        temperature,
      ),
    UserError,
  );
  assert.throws(() => crdLoss(batch, memory, logNormalisers(), 0), UserError);
});
