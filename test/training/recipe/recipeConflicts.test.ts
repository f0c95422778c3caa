import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { UserError } from '../../../lib/errors';
import { experiments } from '../../../lib/experiments/experiments';
import { defineMethod } from '../../../lib/methods/method';
import type { MethodSpec } from '../../../lib/methods/methods';
import { profiles } from '../../../lib/profile';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { completeRecipe, parseRecipe } from '../../../lib/training/recipe/completeRecipe';
import { recipeId, type RecipeInput } from '../../../lib/training/recipe/recipe';
import { Training } from '../../../lib/training/training';
import { images, tinyRecipe } from '../example';

const good: RecipeInput<MethodSpec> = {
  student: 'vit_64',
  teacher: { model: 'resnet_16', weights: 'fresh' },
  method: { kind: 'ofa' },
  data: { name: 'synthetic' },
  epochs: 10,
  batchSize: 8,
  optimizer: { name: 'adamw' },
  learningRate: 1e-3,
  schedule: { kind: 'cosine', min: 0 },
  weightDecay: 0,
};
const folder = { name: 'folder', path: 'images' } as const;
const step: RecipeInput['schedule'] = { kind: 'step', at: [3, 6], factor: 0.1 };
const cosine = { kind: 'cosine', min: 0 } as const;
const alone = { teacher: null, method: { kind: 'scratch' } };
const crop = { kind: 'resized' } as const;

describe('refuses fields that contradict each other, have no effect, or prevent learning', () => {
  const cases: readonly (readonly [Partial<RecipeInput<MethodSpec>>, RegExp])[] = [
    [{ schedule: { ...cosine, warmupEpochs: 11 } }, /schedule\.warmupEpochs: .*11 epochs .*\(epochs: 10\)/],
    [
      { schedule: { ...cosine, warmupEpochs: 1, warmupFrom: 0.1 } },
      /schedule\.warmupFrom: .*0\.1, above the learningRate of 0\.001/,
    ],
    [{ schedule: { ...cosine, warmupFrom: 1e-4 } }, /schedule\.warmupFrom: has no effect with warmupEpochs 0/],
    [{ schedule: { kind: 'cosine', min: 0.01 } }, /schedule\.min: .*0\.01, above the learningRate of 0\.001/],
    [
      { epochs: 1, schedule: { ...cosine, warmupEpochs: 1 } },
      /schedule\.warmupFrom: the learning rate is 0 in every epoch/,
    ],
    [{ schedule: { ...step, at: [6, 3] } }, /schedule\.at: is not in ascending order/],
    [{ schedule: { ...step, at: [3, 3] } }, /schedule\.at: .*has an epoch twice/],
    [{ schedule: { ...step, factor: 1 } }, /schedule\.factor: has no effect if it is 1/],
    [{ evaluateEvery: 11 }, /evaluateEvery: 11 epochs are more than the run's 10/],
    [{ labelSmoothing: 1 }, /labelSmoothing: with 1 every class has the same target/],
    [{ ...alone, labelWeight: 0 }, /labelWeight: with 0 and method scratch there is no loss/],
    [{ labelWeight: 0, labelLoss: 'binary' }, /labelLoss: has no effect with a labelWeight of 0/],
    [{ averageDecay: 1 }, /averageDecay: with 1 the average stays at the initial weights/],
    [{ method: { kind: 'scratch' } }, /teacher: method scratch does not use a teacher/],
    [{ batchSize: 8, accumulation: 8, mixing: { mixup: 0.8 } }, /mixing: .*mixed with itself/],
    [{ batchSize: 1, mixing: { cutmix: 1 } }, /mixing: .*mixed with itself/],
    [{ mixing: {} }, /mixing: has no effect if mixup and cutmix are 0/],
    [{ method: { kind: 'rkd' }, batchSize: 2 }, /batchSize: method RKD .*at least 3 \(there are 2\)/],
    [{ method: { kind: 'rkd' }, batchSize: 8, accumulation: 4 }, /batchSize: method RKD .*\(there are 2\)/],
    [{ method: { kind: 'dist' }, batchSize: 1 }, /batchSize: method DIST .*at least 2 \(there is 1\)/],
    [{ method: { kind: 'correlation' }, batchSize: 1 }, /batchSize: method CC /],
    [{ method: { kind: 'rsd' }, batchSize: 1 }, /batchSize: method RSD /],
    [{ learningRate: 2, weightDecay: 0.5 }, /weightDecay: 0\.5 times the learning rate 2 is at least 1/],
    [{ decayEverything: true }, /decayEverything: has no effect with a weightDecay of 0/],
    [{ cropShare: 0.9 }, /cropShare: has no effect without imageSize/],
    [{ data: { ...folder, validation: './images/' } }, /data\.validation: is the training folder images/],
    [{ data: { ...folder, validation: 'others', split: {} } }, /data\.split: has no effect with data\.validation/],
    [{ augmentation: { crop: { ...crop, area: [1, 0.08] } } }, /augmentation\.crop\.area: the minimum 1 is larger/],
    [{ augmentation: { crop: { ...crop, aspect: [2, 1] } } }, /augmentation\.crop\.aspect: the minimum 2 is larger/],
    [{ augmentation: { crop: { ...crop, area: [0.5, 2] } } }, /augmentation\.crop\.area: .*\(it is 2\)/],
    [{ learningRate: Infinity, schedule: step }, /learningRate: must be a finite number/],
    [{ clipNorm: Infinity }, /clipNorm: must be a finite number/],
    [{ method: { kind: 'kd', temperature: Infinity } }, /method\.temperature: must be a finite number/],
    [{ method: { kind: 'kd', weight: 0 } }, /method\.weight: .*greater than 0/],
    [{ method: { kind: 'dkd', alpha: 0, beta: 0 } }, /method\.alpha: is 0, like beta/],
    [{ method: { kind: 'dist', beta: 0, gamma: 0 } }, /method\.beta: is 0, like gamma/],
    [{ method: { kind: 'rkd', distanceWeight: 0, angleWeight: 0 } }, /method\.distanceWeight: is 0, like angleWeight/],
    [{ method: { kind: 'ofa', logitsWeight: 0, branchWeight: 0 } }, /method\.logitsWeight: is 0, and no branch/],
    [{ method: { kind: 'ofa', logitsWeight: 0, stages: [] } }, /method\.logitsWeight: is 0, and no branch/],
    [{ method: { kind: 'ofa', branchWeight: 0 } }, /method\.branchWeight: is 0, and the branches .*no effect/],
    [{ method: { kind: 'spofa', logitsWeight: 0, branchWeight: 0 } }, /method\.logitsWeight: is 0, and no branch/],
    [{ method: { kind: 'spofa', momentum: 1 } }, /method\.momentum: must be less than 1: .*running means/],
    [{ method: { kind: 'ttm', weight: 0 } }, /method\.weight: .*greater than 0/],
    [{ method: { kind: 'rld', alpha: 0, beta: 0 } }, /method\.alpha: is 0, like beta/],
    [{ method: { kind: 'srd', weight: 0, logitsWeight: 0 } }, /method\.weight: is 0, like logitsWeight/],
    [{ method: { kind: 'srd' }, batchSize: 1 }, /batchSize: method SRD /],
    [{ method: { kind: 'fitnet', stages: [] } }, /method\.stages: names no stage/],
    [{ method: { kind: 'crd', momentum: 1 } }, /method\.momentum: must be less than 1: .*memory never changes/],
    [{ optimizer: { name: 'sgd', momentum: 1 } }, /optimizer\.momentum: must be less than 1: .*no gradient/],
    [{ optimizer: { name: 'adamw', beta1: 1 } }, /optimizer\.beta1: must be less than 1: .*never changes/],
    [{ optimizer: { name: 'lamb', beta2: 1.5 } }, /optimizer\.beta2: must be less than 1/],
    [{ optimizer: { name: 'adamw', beta1: -0.1 } }, /optimizer\.beta1: .*\(it is -0\.1\)/],
    [{ dropPath: 1 }, /dropPath: must be less than 1: with 1 no block of the student is trained/],
  ];
  for (const [change, words] of cases) {
    test(JSON.stringify(change), () => {
      assert.throws(
        () => parseRecipe({ ...good, ...change }),
        (error) => error instanceof UserError && words.test(error.message) && error.message.split('\n').length === 2,
      );
    });
  }
});

describe('accepts the limits', () => {
  const cases: readonly Partial<RecipeInput<MethodSpec>>[] = [
    { schedule: { ...cosine, warmupEpochs: 10 } },
    { schedule: { kind: 'cosine', min: 1e-3 } },
    { schedule: { ...cosine, warmupEpochs: 1, warmupFrom: 1e-3 } },
    { epochs: 1, schedule: { ...cosine, warmupEpochs: 1, per: 'step' } },
    { epochs: 2, schedule: { ...cosine, warmupEpochs: 1 } },
    { epochs: 2, schedule: step },
    { schedule: { kind: 'step', at: [], factor: 1 } },
    { evaluateEvery: 10 },
    { method: { kind: 'rkd' }, batchSize: 3 },
    { method: { kind: 'ofa', logitsWeight: 0 } },
    { method: { kind: 'ofa', branchWeight: 0, stages: [] } },
    { labelWeight: 0 },
    { batchSize: 4, accumulation: 2, mixing: { mixup: 0.8 } },
    { averageDecay: 0 },
    { data: { ...folder, validation: 'images/val' } },
    { cropShare: 0.9, imageSize: 64 },
  ];
  for (const change of cases) test(JSON.stringify(change), () => void parseRecipe({ ...good, ...change }));
});

test('every recipe of the experiments is valid at every profile', () => {
  for (const { name, rows } of Object.values(experiments)) {
    for (const row of profiles.flatMap((profile) => rows[profile])) {
      assert.doesNotThrow(() => completeRecipe(row.recipe), `${name}, ${row.name}`);
    }
  }
});

test('every recorded recipe is valid, and keeps the id of its record', () => {
  const record = z.object({ id: z.string(), recipe: z.record(z.unknown()) });
  const results = path.join('data', 'results');
  let count = 0;
  for (const file of readdirSync(results).filter((name) => name.endsWith('.jsonl'))) {
    for (const line of readFileSync(path.join(results, file), 'utf8').trim().split('\n')) {
      const { id, recipe } = record.parse(JSON.parse(line));
      const given: object = recipe;
      assert.equal(recipeId(parseRecipe(given as RecipeInput<MethodSpec>)), id, file);
      count++;
    }
  }
  assert.ok(count > 100, `${count} records`);
});

test('a method of the user may learn without labels and teacher, and states how many examples it needs', () => {
  const own = defineMethod({
    title: 'entropy',
    source: 'this test',
    readsTeacher: 'nothing',
    scope: 'microBatch',
    minExamples: 4,
    options: z.object({}).strict(),
    create: () => ({ modules: {}, loss: ({ student }) => ({ spread: tf.mean<tf.Scalar>(tf.square(student.logits)) }) }),
  });
  const { method: _, ...rest } = { ...good, teacher: null, labelWeight: 0, method: { kind: 'entropy' } };
  const recipe = { ...rest, method: { kind: 'entropy' } };
  completeRecipe(recipe, { method: own });
  assert.throws(
    () => completeRecipe({ ...recipe, batchSize: 3 }, { method: own }),
    /entropy .*at least 4 \(there are 3\)/,
  );
});

test('refuses a data set of one class, and images on which the first stage has one position', () => {
  const one = syntheticImages(new Random(0), { count: 8, classes: 1, size: { height: 32, width: 32 } });
  assert.throws(
    () => new Training(tinyRecipe(), { train: one, test: one }),
    /data: the training set has 1 class, and a classifier needs at least 2/,
  );
  for (const [student, imageSize] of [
    ['vit_64', 4],
    ['resnet18', 4],
    ['mixer_64', 4],
  ] as const) {
    assert.throws(
      () => new Training(tinyRecipe({ student, imageSize }), images),
      /imageSize: at 4 pixels stage 1 of \w+ has one position/,
      student,
    );
  }
});
