import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyRecipe } from '../../lib/experiments/ownPair';
import { expectClose } from '../support/close';

test('is the published recipe at the published batch size', () => {
  const cnn = familyRecipe('cnn', { imageSize: 224, images: 50_000, batchSize: 1024 });
  assert.deepEqual(
    [cnn.learningRate, cnn.epochs, cnn.weightDecay, cnn.labelSmoothing, cnn.accumulation],
    [0.05, 300, 2e-3, 0.1, undefined],
  );
  assert.deepEqual(cnn.schedule, { kind: 'cosine', min: 1e-3, warmupEpochs: 3, warmupFrom: 1e-4, per: 'step' });
  for (const family of ['transformer', 'mlp'] as const) {
    const tokens = familyRecipe(family, { imageSize: 224, images: 50_000, batchSize: 1024 });
    assert.deepEqual(
      [tokens.optimizer.name, tokens.learningRate, tokens.clipNorm, tokens.mixing],
      ['adamw', 5e-4, 5, { mixup: 0.8, cutmix: 1 }],
    );
  }
});

test('scales the rate linearly for SGD and by the square root for AdamW, unless a rate is given', () => {
  const [cnn, tokens] = (['cnn', 'transformer'] as const).map((family) =>
    familyRecipe(family, { imageSize: 64, images: 50_000, epochs: 30, batchSize: 64 }),
  );
  expectClose([cnn!.learningRate, (cnn!.schedule as { min: number }).min], [0.05 / 16, 1e-3 / 16]);
  expectClose(
    [tokens!.learningRate, tokens!.schedule.warmupFrom!, tokens!.schedule.warmupEpochs!],
    [5e-4 / 4, 5e-7 / 4, 2],
  );
  const given = familyRecipe('transformer', { imageSize: 64, images: 50_000, learningRate: 2e-3 });
  expectClose([given.learningRate, given.schedule.warmupFrom!], [2e-3, 2e-6]);
});

test('chooses a batch size that gives at least eight steps an epoch', () => {
  for (const [images, batch] of [
    [50_000, 128],
    [1024, 128],
    [1000, 64],
    [60, 4],
    [9, 2],
    [3, 2],
  ] as const) {
    assert.equal(familyRecipe('cnn', { imageSize: 32, images }).batchSize, batch);
  }
});
