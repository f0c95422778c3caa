import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDistillation } from '../../../lib/methods/methods';
import { Parameter } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { allReduce, microBatchesOf, type Group } from '../../../lib/training/step/processGroup';
import { expectClose } from '../../support/close';

/** A group whose other processes add these numbers to ours. */
const beside = (others: readonly number[], size: number): Group => ({
  rank: 0,
  size,
  sum: (values) => {
    others.forEach((value, i) => void (values[i] = values[i]! + value));
    return Promise.resolve();
  },
});

test('sums gradients and parts, averages buffers, and passes logits on', async () => {
  const buffer = new Parameter(tf.tensor1d([10, 20]), 'plain', false);
  const before = tf.memory().numTensors;
  const own = {
    parts: { label: 1, logits: 2 },
    gradients: { w: tf.tensor2d([[1, 2]]), b: tf.scalar(3) },
    logits: tf.zeros<tf.Rank.R2>([1, 2]),
  };
  // Gradients, buffers, parts, and the step.
  const { parts, gradients, logits } = await allReduce(
    beside([10, 20, 30, 30, 40, 5, 6, 7], 2),
    own,
    [['running_mean', buffer]],
    7,
  );
  assert.deepEqual(parts, { label: 6, logits: 8 });
  assert.deepEqual(gradients['w']!.shape, [1, 2]);
  expectClose(gradients['w']!, [11, 22]);
  expectClose(gradients['b']!, 33);
  expectClose(buffer.value, [20, 30]);
  assert.equal(logits, own.logits);
  tf.dispose([Object.values(gradients), logits]);
  assert.equal(tf.memory().numTensors, before);
});

test('rejects processes at different steps', async () => {
  const own = { parts: {}, gradients: { b: tf.scalar(3) }, logits: tf.zeros<tf.Rank.R2>([1, 2]) };
  await assert.rejects(allReduce(beside([1, 8], 2), own, [], 7), /not all at step 7/);
});

test('divides micro-batches evenly or rejects them, and rejects methods with a memory', () => {
  const [student, teacher] = ['mixer_64', 'resnet_16'].map((name) =>
    createModel(name, { classes: 4, imageSize: 32 }, new Random(1)),
  );
  const made = (kind: 'kd') =>
    createDistillation(
      { kind },
      { student: student!, teacher: teacher!, examples: 2, labels: [0, 1], random: new Random(2) },
    );
  const third: Group = { rank: 2, size: 3, sum: () => Promise.resolve() };
  assert.deepEqual(microBatchesOf(6, made('kd'), third), { first: 4, count: 2 });
  assert.deepEqual(microBatchesOf(4, made('kd'), undefined), { first: 0, count: 4 });
  assert.throws(() => microBatchesOf(4, made('kd'), third), /3 processes cannot share 4 micro-batches/);
  assert.throws(() => microBatchesOf(1, made('kd'), third), /a batch that is not cut/);
  for (const [method, title] of [
    [{ kind: 'crd', negatives: 1 }, /CRD/],
    [{ kind: 'spofa', stages: [] }, /SPOFA/],
  ] as const)
    assert.throws(
      () =>
        microBatchesOf(
          6,
          createDistillation(method, {
            student: student!,
            teacher: teacher!,
            examples: 2,
            labels: [0, 1],
            random: new Random(2),
          }),
          third,
        ),
      title,
    );
});
