import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { hasKernels } from '../../lib/tensor/native';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/tf';
import type { RecipeInput } from '../../lib/training/recipe';
import { TeacherAhead } from '../../lib/training/teacherAhead';
import { TeacherCache } from '../../lib/training/teacherCache';
import { Training, type TrainingEvent } from '../../lib/training/training';
import { temporaryFolder } from '../support/temporaryFolder';
import { classes, images, snapshot, tinyRecipe, withTraining } from './example';

const taught: Partial<RecipeInput> = { teacher: { model: 'resnet_16', weights: 'fresh' } };

/** A whole run: what it tells, and every number it changes. */
async function outcome(training: Training, ahead: boolean): Promise<object> {
  const events: object[] = [];
  for await (const event of training.run({ ahead })) events.push(numbers(event));
  return { events, state: snapshot(training) };
}

function numbers(event: TrainingEvent): object {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !['seconds', 'imagesPerSecond', 'dataShare', 'teacherCached'].includes(name)));
}

for (const [name, changes] of [
  ['OFA', { method: { kind: 'ofa', exponent: 1.4 } }],
  ['KD in bfloat16', { method: { kind: 'kd' }, precision: 'bfloat16' }],
  ['RSD, which reads penultimate features', { method: { kind: 'rsd' } }],
  ['FitNet, which reads stages', { method: { kind: 'fitnet' } }],
  ['OFA with mixed images and blocks left out', { method: { kind: 'ofa' }, mixing: { mixup: 0.8, cutmix: 1 }, dropPath: 0.2 }],
  ['OFA with gradients of two micro-batches', { method: { kind: 'ofa' }, accumulation: 2 }],
] as const) {
  test(`${name}: the same bits come out whether the teacher is asked a batch ahead or not, and nothing is left behind`, async (context) => {
    const recipe = tinyRecipe({ ...taught, ...changes });
    const before = tf.memory().numTensors;
    const plain = await withTraining(recipe, (training) => outcome(training, false));
    assert.deepEqual(await withTraining(recipe, (training) => outcome(training, true)), plain);
    assert.equal(tf.memory().numTensors, before);
    if (recipe.accumulation > 1) return;
    const folder = await temporaryFolder(context);
    const teacher = createModel('resnet_16', { classes, imageSize: 32 }, new Random(7));
    for (let run = 0; run < 2; run++) {
      const training = new Training(recipe, { ...images, teacher, teacherCache: new TeacherCache(folder, teacher, recipe, images.train.count) });
      assert.deepEqual(await outcome(training, true), plain);
      training.dispose();
    }
    disposeModule(teacher);
    assert.equal(tf.memory().numTensors, before);
  });
}

test('a run that is left in the middle frees what it asked ahead, and one that goes on ends with the same bits', async () => {
  const recipe = tinyRecipe({ ...taught, method: { kind: 'ofa' } });
  const before = tf.memory().numTensors;
  const plain = await withTraining(recipe, (training) => outcome(training, true));
  await withTraining(recipe, async (training) => {
    const events: object[] = [];
    for (const until of [3, 5]) {
      const held = tf.memory().numTensors;
      for await (const event of training.run()) {
        events.push(numbers(event));
        if (events.length === until) break;
      }
      if (until === 5) assert.equal(tf.memory().numTensors, held);
    }
    for await (const event of training.run()) events.push(numbers(event));
    assert.deepEqual({ events, state: snapshot(training) }, plain);
  });
  assert.equal(tf.memory().numTensors, before);
});

test('it is not asked ahead once somebody has looked at its stages', { skip: hasKernels() ? false : 'without our kernels it is never asked ahead' }, () => {
  const teacher = createModel('resnet_16', { classes, imageSize: 32 }, new Random(0));
  const ahead = new TeacherAhead({ ...teacher, forward: (...given) => { asked++; return teacher.forward(...given); } });
  let asked = 0;
  const batch = tf.ones<tf.Rank.R4>([2, 32, 32, 3]);
  const ask = (look: boolean): void => tf.tidy(() => {
    const output = ahead.output(batch);
    if (look) assert.equal(output.stages.length, 4);
    ahead.begin(batch);
  });
  const counts = [false, false, true, false, true].map((look) => {
    ask(look);
    return asked;
  });
  // The second and third were recorded answers, the third's stages another forward pass; from then on it is asked when it is needed.
  assert.deepEqual(counts, [1, 1, 2, 3, 4]);
  ahead.dispose();
  tf.dispose(batch);
  disposeModule(teacher);
});
