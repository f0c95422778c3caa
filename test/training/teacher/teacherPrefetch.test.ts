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

const taught: Partial<RecipeInput> = { teacher: { model: 'resnet_16', weights: 'fresh' } };

const mayAsk = hasKernels() && backendInfo().threads > 1;
/** Two epochs of four steps. */
const steps = 8;

/** A teacher that counts how often it computes for a training batch; test images come in another number. */
function counted(micro: number): { readonly teacher: Model; readonly asked: () => number } {
  const inner = createModel('resnet_16', { classes, imageSize: 32 }, new Random(7));
  let asked = 0;
  return {
    teacher: {
      ...inner,
      forward: (...given) => {
        if (given[0].shape[0] === micro) asked++;
        return inner.forward(...given);
      },
    },
    asked: () => asked,
  };
}

/** A whole run: what it tells, and every number it changes. */
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

for (const [name, changes, asked] of [
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
  test(`${name}: the same bits come out whether the teacher is asked a batch ahead or not, and nothing is left behind`, async (context) => {
    const recipe = tinyRecipe({ ...taught, ...changes });
    const before = tf.memory().numTensors;
    const run = async (
      ahead: boolean,
      folder?: string,
    ): Promise<{ readonly result: object; readonly asked: number }> => {
      const { teacher, asked: count } = counted(recipe.batchSize / recipe.accumulation);
      const training = new Training(recipe, {
        ...images,
        teacher,
        ...(folder !== undefined && { teacherCache: new TeacherCache(folder, teacher, recipe, images.train.count) }),
      });
      const result = await outcome(training, ahead);
      training.dispose();
      disposeModule(teacher);
      assert.equal(tf.memory().numTensors, before);
      return { result, asked: count() };
    };
    const plain = await run(false);
    assert.equal(plain.asked, steps * recipe.accumulation);
    const ahead = await run(true);
    assert.deepEqual(ahead.result, plain.result);
    // Once while it is recorded, and for the first batch of each later epoch; else its ops run without it.
    assert.equal(ahead.asked, mayAsk ? asked : plain.asked);
    if (methods[changes.method.kind]!.readsTeacher === 'stages') return;
    const folder = await temporaryFolder(context);
    for (let time = 0; time < 2; time++) assert.deepEqual((await run(true, folder)).result, plain.result);
  });
}

test('a run that is left in the middle frees what it asked ahead, and one that goes on ends with the same bits', async () => {
  const recipe = tinyRecipe({ ...taught, method: { kind: 'ofa' } });
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
      // Between two steps of the second epoch, when an answer is under way.
      if (until === 6) assert.equal(tf.memory().numTensors, held);
    }
    for await (const event of training.run()) events.push(numbers(event));
    assert.deepEqual({ events, state: snapshot(training) }, plain);
  });
  assert.equal(tf.memory().numTensors, before);
});

test(
  'the first forward pass is recorded, and later batches are prefetched without another',
  { skip: mayAsk ? false : 'prefetching needs our kernels and a second thread' },
  () => {
    const { teacher, asked } = counted(2);
    const prefetch = new TeacherPrefetch(teacher);
    const batch = tf.ones<tf.Rank.R4>([2, 32, 32, 3]);
    const counts = [0, 1, 2].map(() => {
      tf.tidy(() => {
        prefetch.output(batch);
        prefetch.start(() => batch);
      });
      return asked();
    });
    assert.deepEqual(counts, [1, 1, 1]);
    prefetch.dispose();
    tf.dispose(batch);
    disposeModule(teacher);
  },
);

test('a teacher whose answers no list of ops can repeat is asked each time', () => {
  const { teacher, asked } = counted(2);
  // It divides by the largest logit, which JavaScript reads.
  const odd: Model = {
    ...teacher,
    forward: (...given) => {
      const output = teacher.forward(...given);
      return { ...output, logits: tf.div(output.logits, Math.max(...output.logits.dataSync())) };
    },
  };
  const prefetch = new TeacherPrefetch(odd);
  for (let seed = 0; seed < 3; seed++) {
    const batch = tf.randomNormal<tf.Rank.R4>([2, 32, 32, 3], 0, 1, 'float32', seed);
    const [given, expected] = tf.tidy(() => {
      const output = prefetch.output(batch);
      prefetch.start(() => batch);
      return [output.logits, odd.forward(batch, { mode: 'eval' }).logits].map((logits) => [...logits.dataSync()]);
    });
    assert.deepEqual(given, expected);
    batch.dispose();
  }
  assert.equal(asked(), 6);
  prefetch.dispose();
  disposeModule(teacher);
});
