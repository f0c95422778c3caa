import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../../lib/errors';
import { experiments } from '../../../lib/experiments/experiments';
import type { MethodSpec } from '../../../lib/methods/methods';
import { disposeModule } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { recordsIn } from '../../../lib/results/records/readRecords';
import { plan } from '../../../lib/runs/plan/plan';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { completeRecipe, parseRecipe } from '../../../lib/training/recipe/completeRecipe';
import { recipeId, type RecipeInput } from '../../../lib/training/recipe/recipe';
import { Training } from '../../../lib/training/training';
import { images, tinyRecipe } from '../example';

const good: RecipeInput = {
  student: 'vit_64',
  teacher: { model: 'resnet_16', weights: 'fresh' },
  method: { kind: 'ofa' },
  data: { name: 'synthetic' },
  epochs: 1,
  batchSize: 8,
  optimizer: { name: 'adamw' },
  learningRate: 1e-3,
  schedule: { kind: 'cosine', min: 0 },
  weightDecay: 0,
};

test('recorded runs keep their ids: a field added to the recipe must not change them', () => {
  const pinned = {
    teachers: { resnet_24: '4f32000ff51f', vit_96: 'e6ff9452b707', mixer_96: '750d0c8455cc' },
    'longer-teachers': { vit_96: '7b7adc612cc4', mixer_96: 'd1bde0913041' },
    story: { scratch: 'bbbe0327b506', kd: 'af1ad96c7b26', ofa: 'b344e78010d0' },
    epsilon: {
      'ofa-1': 'f5534a8c21c1',
      'ofa-1.2': 'b344e78010d0',
      'ofa-1.4': 'bb1582b3dee3',
      'ofa-1.6': 'fe5b7732a721',
    },
  };
  for (const [name, ids] of Object.entries(pinned)) {
    const rows = new Map(plan(experiments[name]!, 'laptop', { seeds: [0] }).map(({ row, id }) => [row, id]));
    for (const [row, id] of Object.entries(ids)) assert.equal(rows.get(row), id, `${name}, ${row}`);
  }
});

test('each recorded run has the id of its recipe: an option added to a method must not change it', async () => {
  const records = await recordsIn('data/results');
  assert.ok(records.length > 0);
  for (const { id, recipe, command } of records)
    assert.equal(recipeId(parseRecipe(recipe as RecipeInput<MethodSpec>)), id, command);
});

test('the id depends on the content, not on the order of fields or on written defaults', () => {
  const id = recipeId(completeRecipe(good));
  assert.equal(recipeId(completeRecipe(Object.fromEntries(Object.entries(good).reverse()) as RecipeInput)), id);
  assert.equal(recipeId(completeRecipe({ ...good, seed: 0, accumulation: 1, clipNorm: undefined, dropPath: 0 })), id);
  assert.equal(recipeId(completeRecipe({ ...good, precision: 'float32' })), id);
  assert.notEqual(recipeId(completeRecipe({ ...good, precision: 'tf32' })), id);
  assert.notEqual(recipeId(completeRecipe({ ...good, seed: 1 })), id);
});

describe('errors of the recipe by itself', () => {
  const cases: readonly (readonly [Partial<RecipeInput<MethodSpec>>, RegExp])[] = [
    [{ student: 'resnet_61' }, /student: Unknown network "resnet_61"\. Nearest: resnet_16/],
    [{ teacher: { model: 'vit_69', weights: 'fresh' } }, /teacher: Unknown network "vit_69"\. Nearest: vit_64/],
    [{ method: { kind: 'of' } }, /method: Unknown method "of"\. Nearest: ofa/],
    [{ learningRate: -0.1 }, /learningRate: .*greater than 0 \(it is -0\.1\)/],
    [{ weightDecay: -1 }, /weightDecay: .*\(it is -1\)/],
    [{ epochs: 0 }, /epochs: .*\(it is 0\)/],
    [{ clipNorm: 0 }, /clipNorm: /],
    [{ labelSmoothing: 1.5 }, /labelSmoothing: /],
    [{ dropPath: 1 }, /dropPath: .*less than 1: .* \(it is 1\)/],
    [{ dropPath: -0.1 }, /dropPath: .*\(it is -0\.1\)/],
    [{ batchSize: 8, accumulation: 3 }, /accumulation: does not divide the batch of 8/],
    [{ method: { kind: 'ofa', stages: [1, 5] } }, /method\.stages\.1: 5 is not a stage/],
    [{ method: { kind: 'ofa', exponent: [1, 2] } }, /method\.exponent: has 2 values; 4 stages and the logits need 5/],
    [{ method: { kind: 'ofa', exponent: 0 } }, /method\.exponent: .*greater than 0 \(it is 0\)/],
    [{ method: { kind: 'ofa', exponent: [1, 1, 1, -1, 1] } }, /method\.exponent\.3: .*\(it is -1\)/],
    [{ method: { kind: 'kd', weight: -1 } }, /method\.weight: /],
    [{ method: { kind: 'kd', tau: 4 } }, /method: .*tau/],
    [{ teacher: null }, /teacher: method OFA reads the teacher's logits, and there is no teacher in the recipe/],
  ];
  for (const [change, words] of cases) {
    test(JSON.stringify(change), () => {
      assert.throws(
        () => parseRecipe({ ...good, ...change }),
        (error) => error instanceof UserError && words.test(error.message) && error.message.split('\n').length === 2,
      );
    });
  }

  test('all at once', () => {
    const bad = {
      ...good,
      student: 'nought',
      learningRate: -1,
      epochs: 1.5,
      method: { kind: 'ofa', exponent: [1], temperature: 0 },
    };
    assert.throws(
      () => parseRecipe(bad),
      (error) =>
        error instanceof UserError &&
        ['student', 'learningRate', 'epochs', 'method.exponent', 'method.temperature'].every((place) =>
          error.message.includes(`\n  ${place}: `),
        ),
    );
    // Names are checked even if another part has the wrong shape.
    const shapeless: object = { ...bad, schedule: 'cosine', teacher: { model: 'nobody' } };
    assert.throws(
      () => parseRecipe(shapeless as RecipeInput),
      (error) =>
        error instanceof UserError &&
        ['student', 'schedule', 'teacher.weights', 'teacher', 'method.exponent'].every((place) =>
          error.message.includes(`\n  ${place}: `),
        ),
    );
  });
});

test('lists all errors of recipe, data and teacher before the first step, and leaks no tensor', () => {
  const small = createModel('vit_64', { classes: 7, imageSize: 16 }, new Random(0));
  const before = tf.memory().numTensors;
  const recipe = {
    ...tinyRecipe(),
    teacher: { model: 'resnet_16', weights: 'fresh' },
    method: { kind: 'kd' },
    batchSize: 64,
    learningRate: -1,
  };
  assert.throws(
    () => new Training(recipe, { ...images, teacher: small }),
    (error) => {
      assert.ok(error instanceof UserError);
      for (const words of [
        'learningRate: ',
        'a batch of 64 is larger than the training set of 32 images',
        'the recipe names resnet_16, and the run has vit_64',
        'vit_64 has 7 classes, and the data has 4',
        "vit_64 takes images of 16 pixels, and the student's have 32",
      ])
        assert.ok(error.message.includes(words), `${words} in ${error.message}`);
      return true;
    },
  );
  assert.throws(
    () => new Training(tinyRecipe({ teacher: recipe.teacher, method: { kind: 'kd' } }), images),
    /method KD reads the teacher's logits, and there is no teacher/,
  );
  const odd = syntheticImages(new Random(0), { count: 8, classes: 4, size: { height: 30, width: 30 } });
  assert.throws(
    () => new Training(tinyRecipe({ student: 'vit_64', batchSize: 16 }), { train: odd, test: odd }),
    /batchSize: [^]*student: vit_64 cuts images into patches of 4/,
  );
  const grid = tinyRecipe({
    student: 'vit_64',
    imageSize: 36,
    batchSize: 64,
    teacher: recipe.teacher,
    method: { kind: 'ofa', finalGrid: 4 },
  });
  const whole = createModel('resnet_16', { classes: 4, imageSize: 36 }, new Random(0));
  assert.throws(
    () => new Training(grid, { ...images, teacher: whole }),
    /batchSize: [^]*method: The branch of stage 1 merges 2 × 2 tokens once, which a grid of 9 × 9/,
  );
  disposeModule(whole);
  assert.throws(
    () => new Training(tinyRecipe(), { ...images, test: odd }),
    /training images are 32 × 32, test images 30 × 30/,
  );
  assert.equal(tf.memory().numTensors, before);
  disposeModule(small);
});
