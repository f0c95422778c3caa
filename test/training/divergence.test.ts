import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batches, disposeBatch } from '../../lib/data/batches';
import { UserError } from '../../lib/errors';
import { parameters } from '../../lib/models/parameter';
import * as tf from '../../lib/tensor/tf';
import { divergenceError } from '../../lib/training/divergence';
import { images, take, tinyRecipe, withTraining } from './example';

const when = { part: 'label', value: NaN, epoch: 1, step: 2, learningRate: 1e-3 };

test('a NaN in one image is named by the image', async () => {
  await withTraining(tinyRecipe(), ({ objective }) => {
    const [batch] = batches(images.train, { batchSize: 8, start: 1 });
    const values = batch!.images.dataSync<'float32'>().slice();
    values[5 * 32 * 32 * 3 + 77] = NaN;
    const sick = { ...batch!, images: tf.tensor4d(values, batch!.images.shape) };
    const before = tf.memory().numTensors;
    assert.match(divergenceError(when, objective, sick, images.train).message, /"label" is NaN at epoch 1, step 2 .*Image 13 of synthetic stripes has values that are not finite/);
    assert.doesNotMatch(divergenceError(when, objective, batch!, images.train).message, /not finite/);
    assert.equal(tf.memory().numTensors, before);
    disposeBatch(batch!);
    sick.images.dispose();
  });
});

test('a NaN in one weight ends a run, is named by the weight, and leaves no tensor over', async () => {
  for (const [network, path] of [['student', 'blocks.1.norm1.weight'], ['teacher', 'layer2.0.conv1.weight']] as const) {
    await withTraining(tinyRecipe({ teacher: { model: 'resnet_16', weights: 'fresh' }, method: { kind: 'kd' } }), async (training) => {
      const { student, teacher } = training.objective;
      const [, { variable }] = parameters(network === 'student' ? student : teacher!).find(([name]) => name === path)!;
      tf.tidy(() => variable.assign(tf.tensor(variable.dataSync().map((value, i) => (i === 3 ? NaN : value)), variable.shape)));
      const before = tf.memory().numTensors;
      await assert.rejects(take(training, 1), (error) => error instanceof UserError && error.message.includes(`The weight ${network}.${path} is not finite.`));
      assert.equal(tf.memory().numTensors, before);
    });
  }
});
