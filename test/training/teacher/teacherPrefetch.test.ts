import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../../lib/models/model';
import { methods } from '../../../lib/methods/methods';
import { disposeModule } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { backendInfo } from '../../../lib/tensor/engine/backendInfo';
import { hasKernels } from '../../../lib/tensor/engine/native';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import type { TrainingEvent } from '../../../lib/training/event';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';
import { TeacherPrefetch } from '../../../lib/training/teacher/teacherPrefetch';
import { TeacherCache } from '../../../lib/training/teacher/teacherCache';
import { Training } from '../../../lib/training/training';
import { temporaryFolder } from '../../support/temporaryFolder';
import { classes, images, snapshot, tinyRecipe, withTraining } from '../example';

const withTeacher: Partial<RecipeInput> = { teacher: { model: 'resnet_16', weights: 'fresh' } };

const mayPrefetch = hasKernels() && backendInfo().threads > 1;
/** Two epochs of four steps. */
const steps = 8;

/** A teacher that counts its forward passes on training batches, which it recognises by their size. */
function counted(micro: number): { readonly teacher: Model; readonly passes: () => number } {
  const inner = createModel('resnet_16', { classes, imageSize: 32 }, new Random(7));
  let passes = 0;
  return {
    teacher: {
      ...inner,
      forward: (...given) => {
        if (given[0].shape[0] === micro) passes++;
        return inner.forward(...given);
      },
    },
    passes: () => passes,
  };
}

/** The events of a whole run, and the state after it. */
async function outcome(training: Training, prefetchTeacher: boolean): Promise<object> {
  const events: object[] = [];
  for await (const event of training.run({ prefetchTeacher })) events.push(numbers(event));
  return { events, state: snapshot(training) };
}

function numbers(event: TrainingEvent): object {
  return Object.fromEntries(
    Object.entries(event).filter(
      ([name]) => !['seconds', 'imagesPerSecond', 'dataShare', 'teacherCached'].includes(name),
    ),
  );
}

for (const [name, changes, passes] of [
  ['OFA', { method: { kind: 'ofa', exponent: 1.4 } }, 2],
  ['KD in bfloat16', { method: { kind: 'kd' }, precision: 'bfloat16' }, 2],
  ['RSD, which reads penultimate features', { method: { kind: 'rsd' } }, 2],
  ['FitNet, which reads stages', { method: { kind: 'fitnet' } }, steps],
  [
    'OFA with mixed images and blocks left out',
    { method: { kind: 'ofa' }, mixing: { mixup: 0.8, cutmix: 1 }, dropPath: 0.2 },
    2,
  ],
  ['OFA with gradients of two micro-batches', { method: { kind: 'ofa' }, accumulation: 2 }, 2 * steps],
] as const) {
  test(`${name}: gives the same bits with and without prefetch, and leaks no tensor`, async (context) => {
    const recipe = tinyRecipe({ ...withTeacher, ...changes });
    const before = tf.memory().numTensors;
    const run = async (
      prefetchTeacher: boolean,
      folder?: string,
    ): Promise<{ readonly result: object; readonly passes: number }> => {
      const { teacher, passes: count } = counted(recipe.batchSize / recipe.accumulation);
      const training = new Training(
        recipe,
        {
          ...images,
          teacher,
          ...(folder !== undefined && { teacherCache: new TeacherCache(folder, teacher, recipe, images.train.count) }),
        },
        { compile: 'off' },
      );
      const result = await outcome(training, prefetchTeacher);
      training.dispose();
      disposeModule(teacher);
      assert.equal(tf.memory().numTensors, before);
      return { result, passes: count() };
    };
    const plain = await run(false);
    assert.equal(plain.passes, steps * recipe.accumulation);
    const prefetched = await run(true);
    assert.deepEqual(prefetched.result, plain.result);
    // One pass is recorded, and the first batch of each later epoch has a pass of its own. Replays are not counted.
    assert.equal(prefetched.passes, mayPrefetch ? passes : plain.passes);
    if (methods[changes.method.kind]!.readsTeacher === 'stages') return;
    const folder = await temporaryFolder(context);
    for (let time = 0; time < 2; time++) assert.deepEqual((await run(true, folder)).result, plain.result);
  });
}

test('frees prefetched outputs of a run that is left, and resumes to the same bits', async () => {
  const recipe = tinyRecipe({ ...withTeacher, method: { kind: 'ofa' } });
  const before = tf.memory().numTensors;
  const plain = await withTraining(recipe, (training) => outcome(training, true));
  await withTraining(recipe, async (training) => {
    const events: object[] = [];
    for (const until of [3, 6]) {
      const held = tf.memory().numTensors;
      for await (const event of training.run()) {
        events.push(numbers(event));
        if (events.length === until) break;
      }
      // Between two steps of the second epoch, while a pass is under way.
      if (until === 6) assert.equal(tf.memory().numTensors, held);
    }
    for await (const event of training.run()) events.push(numbers(event));
    assert.deepEqual({ events, state: snapshot(training) }, plain);
  });
  assert.equal(tf.memory().numTensors, before);
});

test(
  'the first forward pass is recorded, and later batches are prefetched without another',
  { skip: mayPrefetch ? false : 'prefetching needs our kernels and a second thread' },
  () => {
    const { teacher, passes } = counted(2);
    const prefetch = new TeacherPrefetch(teacher);
    const batch = tf.ones<tf.Rank.R4>([2, 32, 32, 3]);
    const counts = [0, 1, 2].map(() => {
      tf.tidy(() => {
        prefetch.output(batch);
        prefetch.start(() => batch);
      });
      return passes();
    });
    assert.deepEqual(counts, [1, 1, 1]);
    prefetch.dispose();
    tf.dispose(batch);
    disposeModule(teacher);
  },
);

test('runs a teacher whose ops cannot be recorded at each batch', () => {
  const { teacher, passes } = counted(2);
  // It divides by the largest logit, which JavaScript reads, so that its ops cannot be recorded.
  const unrecordable: Model = {
    ...teacher,
    forward: (...given) => {
      const output = teacher.forward(...given);
      return { ...output, logits: tf.div(output.logits, Math.max(...output.logits.dataSync())) };
    },
  };
  const prefetch = new TeacherPrefetch(unrecordable);
  for (let seed = 0; seed < 3; seed++) {
    const batch = tf.randomNormal<tf.Rank.R4>([2, 32, 32, 3], 0, 1, 'float32', seed);
    const [given, expected] = tf.tidy(() => {
      const output = prefetch.output(batch);
      prefetch.start(() => batch);
      return [output.logits, unrecordable.forward(batch, { mode: 'eval' }).logits].map((logits) => [
        ...logits.dataSync(),
      ]);
    });
    assert.deepEqual(given, expected);
    batch.dispose();
  }
  assert.equal(passes(), 6);
  prefetch.dispose();
  disposeModule(teacher);
});
