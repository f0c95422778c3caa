import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../../lib/errors';
import { readSafetensors } from '../../lib/io/safetensors/safetensors';
import { defineMethod } from '../../lib/methods/method';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { saveWeights } from '../../lib/models/weights/weights';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { completeRecipe, parseRecipe } from '../../lib/training/recipe/completeRecipe';
import type { RecipeInput } from '../../lib/training/recipe/recipe';
import { Training } from '../../lib/training/training';
import { expectClose, toArray } from '../support/close';
import { temporaryFolder } from '../support/temporaryFolder';
import { classes, images, snapshot, stepsOf, take, tinyRecipe, withTraining } from './example';

const teacher = { model: 'resnet_16', weights: 'fresh' };

test('learns: eight epochs on striped images end far above chance', async () => {
  const recipe = tinyRecipe({
    student: 'resnet_16',
    epochs: 8,
    evaluateEvery: 8,
    optimizer: { name: 'sgd' },
    learningRate: 0.05,
    augmentation: 'none',
  });
  await withTraining(recipe, async (training) => {
    const events = await take(training, Infinity);
    const epochs = events.filter((event) => event.kind === 'epoch');
    assert.equal(epochs.length, 8);
    const last = epochs[7]!;
    assert.ok(last.kind === 'epoch' && last.top1 !== undefined && last.top1 >= 60, `top-1 ${JSON.stringify(last)}`);
    assert.ok(last.loss < 0.5 * epochs[0]!.loss);
    assert.ok(
      epochs.slice(0, 7).every((event) => !('top1' in event)),
      'evaluated only after the epochs of the recipe',
    );
  });
});

test('numbers steps from 1, and yields the mean of the loss parts after each epoch', async () => {
  await withTraining(
    tinyRecipe({ student: 'vit_64', teacher, method: { kind: 'ofa', stages: [2, 4] } }),
    async (training) => {
      const events = await take(training, 5);
      const steps = stepsOf(events);
      assert.deepEqual(
        steps.map(({ epoch, step, steps: all }) => [epoch, step, all]),
        [
          [1, 1, 4],
          [1, 2, 4],
          [1, 3, 4],
          [1, 4, 4],
        ],
      );
      const epoch = events[4]!;
      assert.equal(epoch.kind, 'epoch');
      assert.deepEqual(Object.keys(epoch.parts), ['label', 'logits', 'branch2', 'branch4']);
      for (const [name, mean] of Object.entries(epoch.parts))
        expectClose(
          mean,
          steps.reduce((sum, { parts }) => sum + parts[name]! / 4, 0),
        );
      expectClose(
        epoch.loss,
        Object.values(epoch.parts).reduce((sum, part) => sum + part, 0),
      );
      expectClose(
        steps.map(({ learningRate }) => learningRate),
        [0, 1, 2, 3].map((step) => 5e-4 * (1 + Math.cos((Math.PI * step) / 8))),
      );
    },
  );
});

test('gives equal runs for equal seeds, and different ones for others', async () => {
  const [one, same, other] = await Promise.all(
    [0, 0, 1].map((seed) => withTraining(tinyRecipe({ seed }), async (training) => stepsOf(await take(training, 2)))),
  );
  assert.deepEqual(same, one);
  assert.notDeepEqual(other, one);
});

test('keeps the same number of tensors over 30 steps', async () => {
  for (const method of [{ kind: 'ofa' }, { kind: 'spofa' }, { kind: 'crd', negatives: 8, width: 16 }] as const) {
    await withTraining(
      tinyRecipe({ student: 'vit_64', teacher, method, epochs: 8, accumulation: 2, clipNorm: 1 }),
      async (training) => {
        const counts: number[] = [];
        for await (const event of training.run()) {
          if (event.kind === 'step') counts.push(tf.memory().numTensors);
          if (counts.length === 30) break;
        }
        assert.deepEqual(new Set(counts).size, 1, `${method.kind}: ${counts.join()}`);
      },
    );
  }
});

test('stops between two steps or during the evaluation, and leaks no tensor', async () => {
  for (const last of [3, 4]) {
    await withTraining(tinyRecipe(), async (training) => {
      await take(training, 1);
      const before = tf.memory().numTensors;
      const stop = new AbortController();
      const seen: string[] = [];
      await assert.rejects(async () => {
        for await (const event of training.run({ signal: stop.signal })) {
          seen.push(event.kind);
          if (event.kind === 'step' && event.step === last) stop.abort(new Error('enough'));
        }
      }, /enough/);
      assert.equal(seen.length, last - 1);
      assert.deepEqual([training.position.epoch, training.position.step], [0, last]);
      assert.equal(tf.memory().numTensors, before);
    });
  }
});

test('stops a diverging run, names step and loss part, and keeps the weights', async () => {
  await withTraining(
    tinyRecipe({
      student: 'mixer_64',
      teacher,
      method: { kind: 'kd' },
      optimizer: { name: 'sgd' },
      learningRate: 1e6,
      weightDecay: 0,
      epochs: 20,
    }),
    async (training) => {
      let before = snapshot(training);
      await assert.rejects(
        async () => {
          for await (const event of training.run()) {
            if (event.kind === 'step') before = snapshot(training);
          }
        },
        (error) =>
          error instanceof UserError &&
          /diverged: the loss part "(label|logits)" is (NaN|-?Infinity) at epoch \d+, step \d+/.test(error.message) &&
          /1\.00e\+6|9\.\d+e\+5/.test(error.message),
      );
      assert.deepEqual(snapshot(training), before);
    },
  );
});

test('clips: plain SGD moves by learning rate times clipNorm, and a large clipNorm changes nothing', async () => {
  const plain = {
    student: 'resnet_16',
    optimizer: { name: 'sgd', momentum: 0, nesterov: false },
    weightDecay: 0,
    learningRate: 0.5,
    schedule: { kind: 'step', at: [], factor: 1 },
  } satisfies Partial<RecipeInput>;
  const moved = (clipNorm?: number): Promise<{ norm: number; state: Map<string, readonly number[]> }> =>
    withTraining(tinyRecipe({ ...plain, clipNorm }), async (training) => {
      const before = snapshot(training);
      await take(training, 1);
      const state = snapshot(training);
      const changes = training
        .state()
        .filter(([, { trainable }]) => trainable)
        .flatMap(([name]) => state.get(name)!.map((value, i) => value - before.get(name)![i]!));
      return { norm: Math.sqrt(changes.reduce((sum, change) => sum + change ** 2, 0)), state };
    });
  const free = await moved();
  assert.ok(free.norm / 0.5 > 0.1, `gradient norm ${free.norm / 0.5}`);
  expectClose((await moved(0.01)).norm, 0.5 * 0.01, { relative: 1e-3 });
  assert.deepEqual((await moved(1e6)).state, free.state);
});

test('weight decay shrinks weights, and biases and norms only with decayEverything', async () => {
  const still = {
    student: 'resnet20',
    labelWeight: 1e-30,
    optimizer: { name: 'sgd', momentum: 0, nesterov: false },
    weightDecay: 0.1,
    learningRate: 0.5,
    schedule: { kind: 'step', at: [], factor: 1 },
  } satisfies Partial<RecipeInput>;
  for (const decayEverything of [undefined, true] as const) {
    await withTraining(tinyRecipe({ ...still, decayEverything }), async (training) => {
      const before = snapshot(training);
      await take(training, 1);
      const after = snapshot(training);
      for (const [name, { trainable, value }] of training.state()) {
        if (!trainable) continue;
        const left = decayEverything || value.rank > 1 ? 0.95 : 1;
        expectClose(
          after.get(name)!,
          before.get(name)!.map((weight) => left * weight),
          { absolute: 1e-7 },
          name,
        );
      }
    });
  }
});

test('saves the student without the layers of the method', async (context) => {
  const folder = await temporaryFolder(context);
  const fresh = createModel('vit_64', { classes, imageSize: 32 }, new Random(0));
  const names = parameters(fresh).map(([name]) => name);
  disposeModule(fresh);
  for (const method of [
    { kind: 'ofa' },
    { kind: 'fitnet' },
    { kind: 'rsd' },
    { kind: 'srd' },
    { kind: 'spofa' },
    { kind: 'correlation' },
    { kind: 'crd', negatives: 8 },
  ] as const) {
    await withTraining(tinyRecipe({ student: 'vit_64', teacher, method }), async (training) => {
      const file = path.join(folder, 'student.safetensors');
      assert.ok(training.state().length > names.length, `${method.kind} has layers of its own`);
      await saveWeights(training.student, file);
      assert.deepEqual([...readSafetensors(file).tensors.keys()], names);
    });
  }
});

test('trains with a method that is not in the list', async () => {
  const mean = defineMethod({
    title: 'mean',
    source: 'this test',
    readsTeacher: 'logits',
    scope: 'example',
    options: z.object({ weight: z.number().positive() }).strict(),
    create: ({ weight }) => ({
      modules: {},
      loss: ({ student, teacher: taught }) => ({
        mean: tf.mul(tf.square(tf.sub(tf.mean<tf.Scalar>(student.logits), tf.mean<tf.Scalar>(taught.logits))), weight),
      }),
    }),
  });
  const given = { ...tinyRecipe(), teacher, method: { kind: 'mean', weight: 2 } };
  assert.throws(() => parseRecipe(given), /Unknown method "mean"/);
  assert.throws(
    () => completeRecipe({ ...given, method: { kind: 'mean', weight: -2 } }, { method: mean }),
    /method\.weight: .* \(it is -2\)/,
  );
  const model = createModel(teacher.model, { classes, imageSize: 32 }, new Random(7));
  const training = new Training(completeRecipe(given, { method: mean }), { ...images, teacher: model, method: mean });
  const before = toArray(parameters(model)[0]![1].value);
  assert.deepEqual(Object.keys(stepsOf(await take(training, 1))[0]!.parts), ['label', 'mean']);
  assert.deepEqual(toArray(parameters(model)[0]![1].value), before);
  training.dispose();
  disposeModule(model);
});
