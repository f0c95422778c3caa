import assert from 'node:assert/strict';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../lib/errors';
import { removeCheckpoints, restoreCheckpoint, saveCheckpoint } from '../../../lib/training/checkpoint/checkpoint';
import type { Recipe, RecipeInput } from '../../../lib/training/recipe/recipe';
import * as tf from '../../../lib/tensor/engine/tf';
import { temporaryFolder } from '../../support/temporaryFolder';
import { snapshot, stepsOf, take, tinyRecipe, withTraining } from '../example';

const teacher = { model: 'resnet_16', weights: 'fresh' };
const sgd: Partial<RecipeInput> = { student: 'resnet_16', optimizer: { name: 'sgd' }, learningRate: 0.01 };

const recipes: Readonly<Record<string, Recipe>> = {
  'scratch, batch norm and SGD': tinyRecipe({ ...sgd, clipNorm: 1 }),
  'OFA with its branches, AdamW and blocks left out': tinyRecipe({
    student: 'vit_64',
    teacher,
    method: { kind: 'ofa', exponent: 1.3 },
    dropPath: 0.3,
  }),
  'CRD with its memories, in micro-batches': tinyRecipe({
    ...sgd,
    accumulation: 2,
    teacher: { model: 'mixer_64', weights: 'fresh' },
    method: { kind: 'crd', negatives: 8, width: 16 },
  }),
  'LAMB, a running average, mixed and augmented images': tinyRecipe({
    student: 'resnet_16',
    optimizer: { name: 'lamb' },
    averageDecay: 0.9,
    mixing: { mixup: 0.8, cutmix: 1 },
    labelLoss: 'binary',
    augmentation: { crop: { kind: 'resized' }, colourJitter: 0.4, erasing: 0.25 },
  }),
  'SPOFA with its branches and running means, in micro-batches': tinyRecipe({
    ...sgd,
    accumulation: 2,
    teacher: { model: 'mixer_64', weights: 'fresh' },
    method: { kind: 'spofa', momentum: 0.7, exampleScale: 20 },
  }),
  'SRD with its projector': tinyRecipe({ student: 'mixer_64', teacher, method: { kind: 'srd' } }),
  'RLD of standardised logits': tinyRecipe({
    student: 'mixer_64',
    teacher,
    method: { kind: 'rld', standardise: true },
  }),
  'RSD with the batch norm of its projector': tinyRecipe({ student: 'mixer_64', teacher, method: { kind: 'rsd' } }),
};

for (const [name, recipe] of Object.entries(recipes)) {
  // Five steps, with the end of an epoch after the fourth: events 1–4, the epoch's, and one more.
  for (const pause of [2, 5]) {
    test(`${name}: resumes bit for bit after event ${pause}`, async (context) => {
      const folder = await temporaryFolder(context);
      const straight = await withTraining(recipe, async (training) => {
        const events = await take(training, 6);
        return { state: snapshot(training), events };
      });
      await withTraining(recipe, async (training) => {
        await take(training, pause);
        await saveCheckpoint(training, folder);
      });
      await withTraining(recipe, async (training) => {
        const notice = restoreCheckpoint(training, folder);
        assert.match(notice ?? '', pause === 2 ? /epoch 0, step 2/ : /epoch 1, step 0/);
        const events = await take(training, 6 - pause);
        assert.deepEqual(stepsOf(events), stepsOf(straight.events.slice(pause)));
        assert.deepEqual(snapshot(training), straight.state);
        const [epoch] = events.filter(({ kind }) => kind === 'epoch');
        if (epoch) assert.deepEqual(epoch.parts, straight.events[4]!.parts);
      });
    });
  }
}

const plain = tinyRecipe();

test('starts without a checkpoint', async (context) => {
  const folder = await temporaryFolder(context);
  await withTraining(plain, (training) => assert.equal(restoreCheckpoint(training, folder), undefined));
});

const damages: Readonly<Record<string, (file: string) => void>> = {
  'cut short': (file) => truncateSync(file, 1000),
  empty: (file) => truncateSync(file, 0),
  'other bytes': (file) => writeFileSync(file, 'no checkpoint at all, but long enough to be read as one'),
  'a position that is not JSON': (file) =>
    writeFileSync(file, readFileSync(file, 'latin1').replace('{\\"epoch\\"', '[\\"epoch\\"'), 'latin1'),
  'another position': (file) =>
    writeFileSync(file, readFileSync(file, 'latin1').replace('\\"step\\":2', '\\"step\\":3'), 'latin1'),
  'another name of its checksum': (file) =>
    writeFileSync(file, readFileSync(file, 'latin1').replace('"checksum"', '"checksun"'), 'latin1'),
};

for (const [damage, apply] of Object.entries(damages)) {
  test(`restores the checkpoint before a damaged one (${damage}), and keeps it at the next save`, async (context) => {
    const folder = await temporaryFolder(context);
    const file = path.join(folder, 'checkpoint.safetensors');
    await withTraining(plain, async (training) => {
      await take(training, 1);
      await saveCheckpoint(training, folder);
      const sound = snapshot(training);
      await take(training, 1);
      await saveCheckpoint(training, folder);
      apply(file);
      await withTraining(plain, async (other) => {
        const notice = restoreCheckpoint(other, folder);
        assert.match(notice ?? '', /checkpoint\.safetensors.*; resumes after epoch 0, step 1/);
        assert.deepEqual(snapshot(other), sound);
        await saveCheckpoint(other, folder);
        apply(file);
        assert.match(restoreCheckpoint(other, folder) ?? '', /resumes after epoch 0, step 1/);
      });
    });
  });
}

test('rejects a truncated checkpoint, names it, and changes nothing', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'checkpoint.safetensors');
  await withTraining(plain, async (training) => {
    await take(training, 1);
    await saveCheckpoint(training, folder);
    const [whole, before] = [readFileSync(file), snapshot(training)];
    const places = [
      0,
      7,
      8,
      9,
      100,
      whole.length - 1,
      ...Array.from({ length: 30 }, (_, i) => Math.floor((whole.length * (i + 0.5)) / 30)),
    ];
    for (const place of places) {
      writeFileSync(file, whole.subarray(0, place));
      assert.throws(
        () => restoreCheckpoint(training, folder),
        (error) => error instanceof UserError && error.message.includes(file),
        `cut at ${place} of ${whole.length}`,
      );
    }
    assert.deepEqual(snapshot(training), before);
  });
});

test('rejects a checkpoint of another recipe, and changes nothing', async (context) => {
  const folder = await temporaryFolder(context);
  await withTraining(tinyRecipe({ learningRate: 2e-3 }), (training) => saveCheckpoint(training, folder));
  await withTraining(plain, (training) => {
    const before = snapshot(training);
    assert.throws(
      () => restoreCheckpoint(training, folder),
      (error) =>
        error instanceof UserError && /another recipe/.test(error.message) && /start the run again/.test(error.message),
    );
    assert.deepEqual(snapshot(training), before);
  });
});

test('saving and restoring leak no tensor, and checkpoints can be removed', async (context) => {
  const folder = await temporaryFolder(context);
  await withTraining(plain, async (training) => {
    await take(training, 1);
    const before = tf.memory().numTensors;
    await saveCheckpoint(training, folder);
    await saveCheckpoint(training, folder);
    restoreCheckpoint(training, folder);
    assert.equal(tf.memory().numTensors, before);
    removeCheckpoints(folder);
    assert.ok(!existsSync(path.join(folder, 'checkpoint.safetensors')));
    assert.equal(restoreCheckpoint(training, folder), undefined);
  });
});
