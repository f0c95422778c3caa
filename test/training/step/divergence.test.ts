import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { batches } from '../../../lib/data/loading/batches';
import { disposeBatch } from '../../../lib/data/loading/batch';
import { UserError } from '../../../lib/errors';
import { defineMethod } from '../../../lib/methods/method';
import { disposeModule, parameters } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { restoreCheckpoint, saveCheckpoint } from '../../../lib/training/checkpoint/checkpoint';
import { checkFinite, divergenceCause } from '../../../lib/training/step/divergence';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';
import { Training } from '../../../lib/training/training';
import { temporaryFolder } from '../../support/temporaryFolder';
import { classes, images, take, tinyRecipe, withTraining } from '../example';

/** The message of a step whose loss is not a number. */
function messageOf(cause: string | undefined): string {
  try {
    checkFinite({ parts: { label: NaN }, norm: 1 }, { epoch: 0, step: 1, learningRate: 1e-3 }, () => cause);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.message;
  }
  return assert.fail('a NaN passed');
}

test('accepts numbers, and names the part, or the norm, that is not finite', () => {
  const at = { epoch: 0, step: 1, learningRate: 1e-3 };
  checkFinite({ parts: { label: 1, logits: -2 }, norm: 3 }, at);
  checkFinite({ parts: { label: 1 } }, at);
  assert.throws(() => checkFinite({ parts: { label: 1, logits: Infinity } }, at), /loss part "logits" is Infinity/);
  assert.throws(() => checkFinite({ parts: { label: 1 }, norm: NaN }, at), /norm of the gradients is NaN at epoch 1/);
});

test('names the image that has a NaN', async () => {
  await withTraining(tinyRecipe(), ({ objective }) => {
    const [batch] = batches(images.train, { batchSize: 8, start: 1 });
    const values = batch!.images.dataSync<'float32'>().slice();
    values[5 * 32 * 32 * 3 + 77] = NaN;
    const sick = { ...batch!, images: tf.tensor4d(values, batch!.images.shape) };
    const before = tf.memory().numTensors;
    assert.match(
      messageOf(divergenceCause(objective, sick, images.train)),
      /"label" is NaN at epoch 1, step 2 .*Image 13 of synthetic stripes has values that are not finite/,
    );
    assert.doesNotMatch(messageOf(divergenceCause(objective, batch!, images.train)), /not finite/);
    assert.equal(tf.memory().numTensors, before);
    disposeBatch(batch!);
    sick.images.dispose();
  });
});

test('stops at gradients that are not finite before they reach a weight', async () => {
  const method = defineMethod({
    title: 'root',
    source: 'this test',
    readsTeacher: 'logits',
    scope: 'example',
    options: z.object({}).strict(),
    create: () => ({
      modules: {},
      loss: ({ student: { logits } }) => ({ root: tf.sqrt(tf.sum<tf.Scalar>(tf.sub(logits, logits))) }),
    }),
  });
  const teacher = createModel('resnet_16', { classes, imageSize: 32 }, new Random(0));
  const training = new Training(
    completeRecipe(
      { ...tinyRecipe(), clipNorm: 5, teacher: { model: 'resnet_16', weights: 'fresh' }, method: { kind: 'root' } },
      { method },
    ),
    { ...images, teacher, method },
  );
  try {
    await assert.rejects(
      take(training, 1),
      (error) =>
        error instanceof UserError &&
        /the norm of the gradients is (NaN|Infinity) at epoch 1, step 1/.test(error.message),
    );
    for (const [name, { value }] of training.state())
      assert.ok(value.dataSync<'float32'>().every(Number.isFinite), name);
  } finally {
    training.dispose();
    disposeModule(teacher);
  }
});

test('does not save weights that are not finite', async (context) => {
  const folder = await temporaryFolder(context);
  await withTraining(tinyRecipe({ clipNorm: 5 }), async (training) => {
    await take(training, 1);
    await saveCheckpoint(training, folder);
    const [name, { variable }] = parameters(training.student).find(([path]) => path === 'blocks.1.norm1.weight')!;
    const before = variable.dataSync().slice();
    tf.tidy(() => variable.assign(tf.fill(variable.shape, Infinity)));
    await assert.rejects(
      saveCheckpoint(training, folder),
      (error) =>
        error instanceof UserError && error.message.includes(`student.${name} is not finite after epoch 0, step 1`),
    );
    tf.tidy(() => variable.assign(tf.tensor(before, variable.shape)));
    assert.match(restoreCheckpoint(training, folder)!, /^resumes after epoch 0, step 1$/);
  });
});

test('stops at a NaN in a weight, names the weight, and leaks no tensor', async () => {
  for (const [network, path] of [
    ['student', 'blocks.1.norm1.weight'],
    ['teacher', 'layer2.0.conv1.weight'],
  ] as const) {
    await withTraining(
      tinyRecipe({ teacher: { model: 'resnet_16', weights: 'fresh' }, method: { kind: 'kd' } }),
      async (training) => {
        const { student, teacher } = training.objective;
        const [, { variable }] = parameters(network === 'student' ? student : teacher!).find(
          ([name]) => name === path,
        )!;
        tf.tidy(() =>
          variable.assign(
            tf.tensor(
              variable.dataSync().map((value, i) => (i === 3 ? NaN : value)),
              variable.shape,
            ),
          ),
        );
        const before = tf.memory().numTensors;
        await assert.rejects(
          take(training, 1),
          (error) =>
            error instanceof UserError && error.message.includes(`The weight ${network}.${path} is not finite.`),
        );
        assert.equal(tf.memory().numTensors, before);
      },
    );
  }
});
