import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { UnreachableError } from '../../../lib/io/download/http';
import { disposeModule } from '../../../lib/models/parameter';
import { normalisationEntry } from '../../../lib/models/weights/savedNormalisation';
import { saveWeights } from '../../../lib/models/weights/weights';
import { createModel } from '../../../lib/models/zoo';
import { loadData, loadTeacher, teacherFor } from '../../../lib/runs/job/materials';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import type { Recipe } from '../../../lib/training/recipe/recipe';
import { images, tinyRecipe } from '../../training/example';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

// A process of its own runs this file: its archive, if any, is nobody else's.
delete process.env['CIFAR100_ARCHIVE'];

test('made-up images stand in for CIFAR-100 where that is allowed, and say so; a recorded run is refused instead', async (context) => {
  const away = { folder: await temporaryFolder(context), offline: true };
  const wanted = { name: 'cifar-100', trainImages: 300 } as const;
  await assert.rejects(loadData(wanted, 32, away), UnreachableError);
  const { train, test: seen, notice } = await loadData(wanted, 32, { ...away, standIn: true });
  assert.match(notice!, /MADE-UP IMAGES, not CIFAR-100.*could not be had/);
  assert.deepEqual([train.count, train.classes.length, seen.size], [300, 100, { height: 32, width: 32 }]);
  assert.match(train.name, /synthetic/);
});

test('a teacher that cannot be had is told together with all else that is wrong, and nothing is left over', async () => {
  const before = tf.memory().numTensors;
  const teacher = { model: 'resnet_16', weights: 'nowhere.safetensors' };
  const refused = (changes: Partial<Recipe>, ...words: readonly string[]): Promise<void> =>
    rejectsWith(
      Promise.resolve().then(() =>
        teacherFor({ ...tinyRecipe({ teacher, method: { kind: 'ofa' } }), ...changes }, images),
      ),
      ...words,
    );
  await refused({}, "The recipe has faults:\n  teacher: The teacher's weights are not at nowhere.safetensors");
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
  // A network that does not exist is told once.
  await refused(
    { teacher: { model: 'resnet_17', weights: 'fresh' } },
    'The recipe has faults:\n  teacher: Unknown network "resnet_17". Nearest: ',
  );
  assert.equal(tf.memory().numTensors, before);
});

test('a teacher whose file wants its images normalised in another way is refused', async (context) => {
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
  await rejectsWith(load(), weights, 'want their images normalised by mean 0.1, 0.2, 0.3', train.name);
  assert.equal(tf.memory().numTensors, before);
  disposeModule(model);
});
