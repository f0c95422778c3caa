import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
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

const withTeacher: Partial<RecipeInput> = { teacher: { model: 'resnet_16', weights: 'fresh' } };
/** Two epochs of four steps. */
const steps = 8;

/** The first events of a run, the state after them, and the number of the teacher's forward passes. */
async function run(
  recipe: Recipe,
  folder: string | undefined,
  until = Infinity,
  onError?: (text: string) => void,
): Promise<{
  readonly passes: number;
  readonly events: readonly TrainingEvent[];
  readonly state: ReturnType<typeof snapshot>;
}> {
  const inner = createModel('resnet_16', { classes, imageSize: 32 }, new Random(7));
  let passes = 0;
  const teacher: Model = {
    ...inner,
    forward: (...given) => {
      // Test images come in batches of another size.
      if (given[0].shape[0] === recipe.batchSize / recipe.accumulation) passes++;
      return inner.forward(...given);
    },
  };
  const training = new Training(
    recipe,
    {
      train: images.train,
      test: images.test,
      teacher,
      ...(folder !== undefined && {
        teacherCache: new TeacherCache(folder, teacher, recipe, images.train.count, onError),
      }),
    },
    { compile: 'off' },
  );
  try {
    const events: TrainingEvent[] = [];
    for await (const event of training.run()) if (events.push(event) === until) break;
    return { passes, events, state: snapshot(training) };
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
  test(`${name}: gives the same bits from the cache of another run, without running the teacher`, async (context) => {
    const folder = await temporaryFolder(context);
    const recipe = tinyRecipe({ ...withTeacher, student: 'vit_64', method });
    const plain = await run(recipe, undefined);
    assert.equal(plain.passes, steps);
    const first = await run(tinyRecipe({ ...withTeacher, student: 'mixer_64', method: { kind: 'kd' } }), folder);
    assert.equal(first.passes, steps);
    assert.deepEqual(readdirSync(folder).sort(), ['epoch-1.safetensors', 'epoch-2.safetensors']);
    const before = tf.memory().numTensors;
    const cached = await run(recipe, folder);
    assert.equal(tf.memory().numTensors, before);
    assert.equal(cached.passes, 0);
    assert.deepEqual(cached.state, plain.state);
    assert.deepEqual(
      cached.events.map((event) => event.kind === 'epoch' && event.teacherCached),
      plain.events.map(({ kind }) => kind === 'epoch' || false),
    );
  });
}

test('stores micro-batches of mixed images separately', async (context) => {
  const folder = await temporaryFolder(context);
  const recipe = tinyRecipe({
    ...withTeacher,
    method: { kind: 'kd' },
    accumulation: 2,
    mixing: { mixup: 0.8, cutmix: 1 },
  });
  const { state, passes } = await run(recipe, folder);
  assert.equal(passes, 2 * steps);
  const cached = await run(recipe, folder);
  assert.equal(cached.passes, 0);
  assert.deepEqual(cached.state, state);
});

test('rejects a method that reads stages', async (context) => {
  const folder = await temporaryFolder(context);
  await run(tinyRecipe({ ...withTeacher, method: { kind: 'kd' } }), folder);
  await assert.rejects(
    run(tinyRecipe({ ...withTeacher, method: { kind: 'fitnet' } }), folder),
    /a teacher cache does not keep the stages that FitNet reads/,
  );
});

test('reports outputs that cannot be stored, and ends with the same bits', async (context) => {
  const file = path.join(await temporaryFolder(context), 'no folder');
  writeFileSync(file, '');
  const recipe = tinyRecipe({ ...withTeacher, method: { kind: 'kd' } });
  const reported: string[] = [];
  const { state, passes } = await run(recipe, file, Infinity, (text) => reported.push(text));
  assert.equal(passes, steps);
  assert.equal(reported.length, 2);
  assert.match(reported[0]!, /^The teacher's outputs are not cached: .*no folder/);
  assert.deepEqual(state, (await run(recipe, undefined)).state);
});

test('does not store an incomplete epoch', async (context) => {
  const folder = await temporaryFolder(context);
  await run(tinyRecipe({ ...withTeacher, method: { kind: 'kd' } }), folder, 7);
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
  'the copy of another epoch': (file) => copyFileSync(path.join(path.dirname(file), 'epoch-1.safetensors'), file),
})) {
  test(`replaces a file that is ${damage}`, async (context) => {
    const folder = await temporaryFolder(context);
    const recipe = tinyRecipe({ ...withTeacher, method: { kind: 'kd' } });
    const { state } = await run(recipe, folder);
    const file = path.join(folder, 'epoch-2.safetensors');
    const sound = readFileSync(file);
    apply(file);
    const reported: string[] = [];
    const again = await run(recipe, folder, Infinity, (text) => reported.push(text));
    assert.equal(again.passes, steps / 2);
    assert.deepEqual(
      reported.map((text) => text.includes(`${file} is damaged, or holds another epoch`)),
      [true],
    );
    assert.deepEqual(again.state, state);
    assert(readFileSync(file).equals(sound));
  });
}
