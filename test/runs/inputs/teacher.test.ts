import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { UnreachableError } from '../../../lib/io/download/http';
import { disposeModule } from '../../../lib/models/parameter';
import { normalisationEntry } from '../../../lib/models/weights/savedNormalisation';
import { resizeImages } from '../../../lib/models/weights/resized';
import { saveWeights } from '../../../lib/models/weights/weights';
import { createModel } from '../../../lib/models/zoo';
import { loadData } from '../../../lib/runs/inputs/data';
import { loadRecipeTeacher, loadTeacher } from '../../../lib/runs/inputs/teacher';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import type { Recipe } from '../../../lib/training/recipe/recipe';
import { images, tinyRecipe } from '../../training/example';
import { expectClose } from '../../support/close';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

// This file runs in a process of its own, so the change affects no other test.
delete process.env['CIFAR100_ARCHIVE'];

test('replaces CIFAR-100 by synthetic images, with a notice, only if allowed', async (context) => {
  const away = { folder: await temporaryFolder(context), offline: true };
  const wanted = { name: 'cifar-100', trainImages: 300 } as const;
  await assert.rejects(loadData(wanted, 32, away), UnreachableError);
  const { train, test, notice } = await loadData(wanted, 32, { ...away, syntheticFallback: true });
  assert.match(notice!, /SYNTHETIC IMAGES, not CIFAR-100.*is not available/);
  assert.deepEqual([train.count, train.classes.length, test.size], [300, 100, { height: 32, width: 32 }]);
  assert.match(train.name, /synthetic/);
});

test('reports a missing teacher together with all other errors of the recipe, and leaks no tensors', async () => {
  const before = tf.memory().numTensors;
  const teacher = { model: 'resnet_16', weights: 'nowhere.safetensors' };
  const refused = (changes: Partial<Recipe>, ...words: readonly string[]): Promise<void> =>
    rejectsWith(
      Promise.resolve().then(() =>
        loadRecipeTeacher({ ...tinyRecipe({ teacher, method: { kind: 'ofa' } }), ...changes }, images),
      ),
      ...words,
    );
  await refused({}, "The recipe is invalid:\n  teacher: The teacher's weights file nowhere.safetensors does not exist");
  await refused(
    { batchSize: 64, student: 'vit_64', imageSize: 30, learningRate: -1 },
    'teacher: The teacher',
    'batchSize: a batch of 64 is larger',
    'student: vit_64 cuts images into patches of 4',
    'learningRate: ',
  );
  await refused(
    { initial: 'neither.safetensors', clipNorm: -1 },
    'teacher: The teacher',
    'student: ',
    'neither.safetensors',
    'clipNorm: ',
  );
  // An unknown network is reported once.
  await refused(
    { teacher: { model: 'resnet_17', weights: 'fresh' } },
    'The recipe is invalid:\n  teacher: Unknown network "resnet_17". Nearest: ',
  );
  assert.equal(tf.memory().numTensors, before);
});

test('rejects weights that expect images of another normalisation', async (context) => {
  const weights = path.join(await temporaryFolder(context), 'teacher.safetensors');
  const { train } = images;
  const model = createModel(
    'resnet_16',
    { classes: train.classes.length, imageSize: train.size.height },
    new Random(0),
  );
  const load = (): Promise<void> =>
    Promise.resolve().then(() => disposeModule(loadTeacher({ model: 'resnet_16', weights }, train).model));
  await saveWeights(model, weights, normalisationEntry(train));
  await load();
  await saveWeights(model, weights, normalisationEntry({ mean: [0.1, 0.2, 0.3], std: train.std }));
  const before = tf.memory().numTensors;
  await rejectsWith(load(), weights, 'expects images normalised by mean 0.1, 0.2, 0.3', train.name);
  assert.equal(tf.memory().numTensors, before);
  disposeModule(model);
});

test('a teacher with an image size resizes images and converts them to its normalisation', async (context) => {
  const weights = path.join(await temporaryFolder(context), 'teacher.safetensors');
  const { train } = images;
  const own = { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] } as const;
  const model = createModel('vit_64', { classes: train.classes.length, imageSize: 48 }, new Random(1));
  await saveWeights(model, weights, normalisationEntry(own));
  const { model: teacher } = loadTeacher({ model: 'vit_64', weights, imageSize: 48 }, train);
  assert.equal(teacher.imageSize, 32);
  const pixels = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 3], 0, 1, 'float32', 1);
  tf.tidy(() => {
    const given = tf.div<tf.Tensor4D>(tf.sub(pixels, [...train.mean]), [...train.std]);
    const expected = tf.div<tf.Tensor4D>(tf.sub(resizeImages(pixels, 48, 'bicubic'), [...own.mean]), [...own.std]);
    expectClose(teacher.forward(given, { mode: 'eval' }).logits, model.forward(expected, { mode: 'eval' }).logits, {
      relative: 1e-4,
      absolute: 1e-5,
    });
  });
  // The recipe's normalisation is for files that state none or the wrong one.
  const stated = { mean: [0.2, 0.2, 0.2], std: [0.3, 0.3, 0.3] } as const;
  const { model: converted } = loadTeacher({ model: 'vit_64', weights, imageSize: 48, normalisation: stated }, train);
  tf.tidy(() => {
    const given = tf.div<tf.Tensor4D>(tf.sub(pixels, [...train.mean]), [...train.std]);
    const expected = tf.div<tf.Tensor4D>(tf.sub(resizeImages(pixels, 48, 'bicubic'), 0.2), 0.3);
    expectClose(converted.forward(given, { mode: 'eval' }).logits, model.forward(expected, { mode: 'eval' }).logits, {
      relative: 1e-4,
      absolute: 1e-5,
    });
  });
  disposeModule(converted);
  pixels.dispose();
  const before = tf.memory().numTensors;
  const missing = { model: 'vit_64', weights: 'nowhere.safetensors' };
  await rejectsWith(
    Promise.resolve().then(() => loadTeacher({ model: 'vit_64', weights, imageSize: 48, others: [missing] }, train)),
    'nowhere.safetensors does not exist',
  );
  assert.equal(tf.memory().numTensors, before);
  [teacher, model].forEach(disposeModule);
});
