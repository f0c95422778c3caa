import assert from 'node:assert/strict';
import { readdirSync, truncateSync, writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { disposeModule } from '../../../lib/models/parameter';
import type { Model } from '../../../lib/models/model';
import { createModel } from '../../../lib/models/zoo';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import type { TrainingEvent } from '../../../lib/training/event';
import type { Recipe, RecipeInput } from '../../../lib/training/recipe/recipe';
import { TeacherCache } from '../../../lib/training/teacher/teacherCache';
import { Training } from '../../../lib/training/training';
import { temporaryFolder } from '../../support/temporaryFolder';
import { classes, images, snapshot, tinyRecipe } from '../example';

const taught: Partial<RecipeInput> = { teacher: { model: 'resnet_16', weights: 'fresh' } };
/** Two epochs of four steps. */
const steps = 8;

/** A whole run or its first events, and how often its teacher was asked. */
async function run(
  recipe: Recipe,
  folder: string | undefined,
  until = Infinity,
  onFault?: (text: string) => void,
): Promise<{
  readonly asked: number;
  readonly events: readonly TrainingEvent[];
  readonly state: ReturnType<typeof snapshot>;
}> {
  const inner = createModel('resnet_16', { classes, imageSize: 32 }, new Random(7));
  let asked = 0;
  const teacher: Model = {
    ...inner,
    forward: (...given) => {
      // Test images are shown in another batch.
      if (given[0].shape[0] === recipe.batchSize / recipe.accumulation) asked++;
      return inner.forward(...given);
    },
  };
  const training = new Training(recipe, {
    train: images.train,
    test: images.test,
    teacher,
    ...(folder !== undefined && {
      teacherCache: new TeacherCache(folder, teacher, recipe, images.train.count, onFault),
    }),
  });
  try {
    const events: TrainingEvent[] = [];
    for await (const event of training.run({ prefetchTeacher: false })) if (events.push(event) === until) break;
    return { asked, events, state: snapshot(training) };
  } finally {
    training.dispose();
    disposeModule(inner);
  }
}

for (const [name, method] of [
  ['KD', { kind: 'kd' }],
  ['OFA', { kind: 'ofa', exponent: 1.4 }],
  ['RSD, which reads penultimate features', { kind: 'rsd' }],
] as const) {
  test(`${name}: with what another run's teacher said, the same bits come out, and the teacher is not asked`, async (context) => {
    const folder = await temporaryFolder(context);
    const recipe = tinyRecipe({ ...taught, student: 'vit_64', method });
    const plain = await run(recipe, undefined);
    assert.equal(plain.asked, steps);
    const first = await run(tinyRecipe({ ...taught, student: 'mixer_64', method: { kind: 'kd' } }), folder);
    assert.equal(first.asked, steps);
    assert.deepEqual(readdirSync(folder).sort(), ['epoch-1.safetensors', 'epoch-2.safetensors']);
    const before = tf.memory().numTensors;
    const cached = await run(recipe, folder);
    assert.equal(tf.memory().numTensors, before);
    assert.equal(cached.asked, 0);
    assert.deepEqual(cached.state, plain.state);
    assert.deepEqual(
      cached.events.map((event) => event.kind === 'epoch' && event.teacherCached),
      plain.events.map(({ kind }) => kind === 'epoch' || false),
    );
  });
}

test('micro-batches of mixed images have places of their own', async (context) => {
  const folder = await temporaryFolder(context);
  const recipe = tinyRecipe({ ...taught, method: { kind: 'kd' }, accumulation: 2, mixing: { mixup: 0.8, cutmix: 1 } });
  const { state, asked } = await run(recipe, folder);
  assert.equal(asked, 2 * steps);
  const cached = await run(recipe, folder);
  assert.equal(cached.asked, 0);
  assert.deepEqual(cached.state, state);
});

test('a method that reads stages finds none there, in words', async (context) => {
  const folder = await temporaryFolder(context);
  await run(tinyRecipe({ ...taught, method: { kind: 'kd' } }), folder);
  await assert.rejects(
    run(tinyRecipe({ ...taught, method: { kind: 'fitnet' } }), folder),
    /a teacher cache does not keep the stages that FitNet reads/,
  );
});

test('what cannot be kept is told, and the run goes on to the same end', async (context) => {
  const file = path.join(await temporaryFolder(context), 'no folder');
  writeFileSync(file, '');
  const recipe = tinyRecipe({ ...taught, method: { kind: 'kd' } });
  const told: string[] = [];
  const { state, asked } = await run(recipe, file, Infinity, (text) => told.push(text));
  assert.equal(asked, steps);
  assert.equal(told.length, 2);
  assert.match(told[0]!, /^The teacher's outputs are not cached: .*no folder/);
  assert.deepEqual(state, (await run(recipe, undefined)).state);
});

test('an epoch that was not seen whole is not kept', async (context) => {
  const folder = await temporaryFolder(context);
  await run(tinyRecipe({ ...taught, method: { kind: 'kd' } }), folder, 7);
  assert.deepEqual(readdirSync(folder), ['epoch-1.safetensors']);
});

for (const [damage, apply] of Object.entries<(file: string) => void>({
  'cut short': (file) => truncateSync(file, 600),
  'not a file of tensors': (file) => writeFileSync(file, 'hello'),
  'of one bit changed': (file) => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 3] ^= 1;
    writeFileSync(file, bytes);
  },
})) {
  test(`a file ${damage} is asked for anew, and replaced`, async (context) => {
    const folder = await temporaryFolder(context);
    const recipe = tinyRecipe({ ...taught, method: { kind: 'kd' } });
    const { state } = await run(recipe, folder);
    const file = path.join(folder, 'epoch-2.safetensors');
    const sound = readFileSync(file);
    apply(file);
    const again = await run(recipe, folder);
    assert.equal(again.asked, steps / 2);
    assert.deepEqual(again.state, state);
    assert(readFileSync(file).equals(sound));
  });
}
