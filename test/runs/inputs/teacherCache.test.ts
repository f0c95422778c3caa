import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sharedTeacherCache } from '../../../lib/runs/inputs/teacherCache';
import { disposeModule } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { Random } from '../../../lib/tensor/random';
import { makeTemporaryFolder } from '../../support/temporaryFolder';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';

const given: RecipeInput = {
  student: 'vit_64',
  teacher: { model: 'resnet_16', weights: 'fresh' },
  method: { kind: 'ofa' },
  data: { name: 'cifar-100', trainImages: 25_000 },
  epochs: 12,
  batchSize: 128,
  optimizer: { name: 'adamw' },
  learningRate: 1e-3,
  schedule: { kind: 'cosine', min: 0 },
  weightDecay: 0.05,
};

let folder = '';
let remove = (): Promise<void> => Promise.resolve();
before(async () => {
  [folder, remove] = await makeTemporaryFolder();
});
after(() => remove());

/** The folder of a recipe's cache, relative to the folder of all runs. */
async function cacheOf(
  changes: Partial<RecipeInput> = {},
  library = 'tree',
  images = 25_000,
): Promise<string | undefined> {
  const teacher = createModel('resnet_16', { classes: 100, imageSize: 32 }, new Random(0));
  try {
    const cache = await sharedTeacherCache(completeRecipe({ ...given, ...changes }), teacher, images, {
      runsFolder: folder,
      library,
    });
    return cache && path.relative(folder, cache.folder);
  } finally {
    disposeModule(teacher);
  }
}

test('shares a cache between runs whose teacher computes identical outputs, and no others', async () => {
  const own = await cacheOf();
  assert.match(own!, /^teacher-cache\/tree\/[0-9a-f]{12}$/);
  for (const alike of [
    { student: 'mixer_64' },
    { method: { kind: 'kd' } },
    { epochs: 6 },
    { learningRate: 0.1 },
    { clipNorm: 5 },
  ] satisfies Partial<RecipeInput>[]) {
    assert.equal(await cacheOf(alike), own, JSON.stringify(alike));
  }
  const caches = new Set([own]);
  for (const unlike of [
    { seed: 1 },
    { batchSize: 64 },
    { accumulation: 2 },
    { augmentation: 'none' },
    { mixing: { mixup: 0.8 } },
    { repeats: 2 },
    { precision: 'bfloat16' },
    { imageSize: 64 },
    { data: { name: 'cifar-100', trainImages: 20_000 } },
    { data: { name: 'cifar-100', trainImages: 25_000, heldOut: 5000 } },
    { teacher: { model: 'resnet_16', weights: 'data/weights/resnet_24.safetensors' } },
    { teacher: { model: 'resnet_16', weights: 'fresh', imageSize: 224 } },
    { teacher: { model: 'resnet_16', weights: 'fresh', imageSize: 224, interpolation: 'bilinear' } },
    { teacher: { model: 'resnet_16', weights: 'fresh', normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } } },
    { teacher: { model: 'resnet_16', weights: 'fresh', others: [{ model: 'vit_64', weights: 'fresh' }] } },
  ] satisfies Partial<RecipeInput>[]) {
    const other = await cacheOf(unlike);
    assert.ok(!caches.has(other), JSON.stringify(unlike));
    caches.add(other);
  }
  assert.notEqual(await cacheOf({}, 'another tree'), own);
});

test('uses no cache above the size limit, for images of the user, and for methods that read stages', async () => {
  assert.equal(await cacheOf({ epochs: 300 }, 'tree', 50_000), undefined);
  assert.equal(await cacheOf({ data: { name: 'folder', path: 'images' } }), undefined);
  assert.equal(await cacheOf({ method: { kind: 'fitnet' } }), undefined, 'stages are not cached');
});

test('deletes the caches of other states of the library', async () => {
  const at = (library: string): string => path.join(folder, 'teacher-cache', library);
  for (const library of ['older', 'tree', 'newer']) mkdirSync(at(library), { recursive: true });
  await cacheOf();
  assert.deepEqual(
    ['older', 'tree', 'newer'].map((library) => existsSync(at(library))),
    [false, true, false],
  );
});
