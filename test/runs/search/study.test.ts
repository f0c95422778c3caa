import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exponentRecipe, heldOut } from '../../../lib/experiments/tuning/exponentStudy';
import { loadData } from '../../../lib/runs/inputs/data';
import { gridSampler, type Trial } from '../../../lib/runs/search/sampler';
import { study, type TrialState } from '../../../lib/runs/search/study';
import { successiveHalving } from '../../../lib/runs/search/successiveHalving';
import * as tf from '../../../lib/tensor/engine/tf';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';
import { temporaryFolder } from '../../support/temporaryFolder';
import { tiny } from '../example';

const recipeOf = ({ exponent, seed }: Pick<Trial, 'exponent' | 'seed'>): RecipeInput => ({
  ...tiny.recipe,
  seed,
  teacher: { model: 'resnet_16', weights: 'fresh' },
  method: { kind: 'ofa', exponent },
  data: { name: 'synthetic', trainImages: 40, heldOut: 20 },
});

async function collect(states: AsyncIterable<TrialState>): Promise<TrialState[]> {
  const all: TrialState[] = [];
  for await (const state of states) all.push(state);
  return all;
}

test('yields every epoch of each trial, repeats finished trials without training, leaks no tensor', async (context) => {
  const folder = await temporaryFolder(context);
  const options = { recipeOf, folder, measuredImages: 10 };
  const first = await collect(study(gridSampler([1, 1.4], [0], 2), options));
  assert.deepEqual(
    first.map(({ exponent, history, finished }) => [exponent, history.length, finished]),
    [
      [1, 1, false],
      [1, 2, true],
      [1.4, 1, false],
      [1.4, 2, true],
    ],
  );
  const before = tf.memory().numTensors;
  assert.deepEqual(await collect(study(gridSampler([1, 1.4], [0], 2), options)), first);
  assert.equal(tf.memory().numTensors, before);
});

test('resumes a stopped study to the same numbers', async (context) => {
  const [whole, parts] = [await temporaryFolder(context), await temporaryFolder(context)];
  const expected = await collect(study(gridSampler([1.2], [0], 2), { recipeOf, folder: whole }));
  const stop = new AbortController();
  for await (const { history } of study(gridSampler([1.2], [0], 2), { recipeOf, folder: parts, signal: stop.signal }))
    if (history.length === 1) stop.abort();
  const resumed = await collect(study(gridSampler([1.2], [0], 2), { recipeOf, folder: parts }));
  const losses = (states: readonly TrialState[]): number[] =>
    states[states.length - 1]!.history.map(({ loss }) => loss);
  assert.deepEqual(losses(resumed), losses(expected));
});

test('halving continues its trials, with the epochs that were measured before', async (context) => {
  const folder = await temporaryFolder(context);
  const states = await collect(
    study(successiveHalving({ low: 1, high: 1.4, candidates: 3, epochs: 2 }), { recipeOf, folder, measuredImages: 10 }),
  );
  const long = states.filter(({ epochs }) => epochs === 2);
  const short = states.filter(({ epochs }) => epochs === 1);
  assert.equal(short.length, 3);
  for (const { exponent, history } of long)
    assert.deepEqual(history[0], short.find((one) => one.exponent === exponent)!.history[0]);
});

test('held-out images are neither test nor training images', async () => {
  const data = { name: 'synthetic', trainImages: 40 } as const;
  const [plain, held] = [await loadData(data), await loadData({ ...data, heldOut: 20 })];
  assert.deepEqual([held.train.count, held.test.count, plain.test.count], [40, 20, 100]);
  const images = (set: typeof held.train): string[] => {
    assert.ok('images' in set);
    return Array.from({ length: set.count }, (_, i) =>
      Buffer.from(set.images.subarray(i * 3072, (i + 1) * 3072)).toString('base64'),
    );
  };
  const measured = new Set(images(held.test));
  assert.ok(images(held.train).every((image) => !measured.has(image)));
  assert.ok(images(plain.test).every((image) => !measured.has(image)));
  const recipe = completeRecipe(
    exponentRecipe(
      { teacher: 'cnn', student: 'transformer', form: 'paper', images: 100, epochs: 2, batchSize: 20 },
      1.3,
      4,
    ),
  );
  assert.deepEqual(recipe.data, { name: 'cifar-100', trainImages: 100, heldOut });
  assert.deepEqual([recipe.method['exponent'], recipe.method['form'], recipe.seed], [1.3, 'paper', 4]);
});
