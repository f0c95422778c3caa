import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule } from '../../../lib/models/parameter';
import { loadTeacher } from '../../../lib/runs/inputs/teacher';
import { TeacherCache } from '../../../lib/training/teacher/teacherCache';
import { Training } from '../../../lib/training/training';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';
import { recipeId } from '../../../lib/training/recipe/recipe';
import { temporaryFolder } from '../../support/temporaryFolder';
import { images, snapshot, tinyRecipe } from '../example';

type TeacherInput = NonNullable<RecipeInput['teacher']>;

const large: TeacherInput = { model: 'vit_64', weights: 'fresh', imageSize: 48, interpolation: 'bilinear' };
const several: TeacherInput = {
  model: 'resnet_16',
  weights: 'fresh',
  others: [{ model: 'vit_64', weights: 'fresh', imageSize: 40 }],
};
const kd = { kind: 'kd', temperature: 4 } as const;

/** The final state of a run of two epochs. */
async function stateAfter(teacher: TeacherInput, options: { cache?: string } = {}) {
  const recipe = tinyRecipe({ student: 'mixer_64', teacher, method: kd, mixing: { mixup: 0.2, cutmix: 1 } });
  const { model } = loadTeacher(recipe.teacher!, images.train);
  const teacherCache =
    options.cache === undefined ? undefined : new TeacherCache(options.cache, model, recipe, images.train.count);
  const training = new Training(recipe, { ...images, teacher: model, ...(teacherCache && { teacherCache }) });
  const cached: boolean[] = [];
  try {
    for await (const event of training.run()) {
      if (event.kind === 'epoch') cached.push(event.teacherCached === true);
    }
    return { state: snapshot(training), cached };
  } finally {
    training.dispose();
    disposeModule(model);
  }
}

for (const [title, teacher] of [
  ['a teacher with larger images', large],
  ['several teachers', several],
] as const) {
  test(`${title}: a run has the same result with and without cache`, async (context) => {
    const cache = await temporaryFolder(context);
    const plain = await stateAfter(teacher);
    assert.deepEqual(await stateAfter(teacher, { cache }), plain);
    const hits = await stateAfter(teacher, { cache });
    assert.deepEqual(hits.cached, [true, true]);
    assert.deepEqual(hits.state, plain.state);
  });
}

test('an image size of the teacher, and further teachers, change the result and the id of a run', async () => {
  const inputs: TeacherInput[] = [{ model: 'vit_64', weights: 'fresh' }, large, { ...large, interpolation: 'bicubic' }];
  const ids = [...inputs, several].map((teacher) => recipeId(tinyRecipe({ teacher, method: kd })));
  assert.equal(new Set(ids).size, 4);
  const [plain, resized] = [await stateAfter(inputs[0]!), await stateAfter(large)];
  assert.notDeepEqual(plain.state, resized.state);
});

test('a recipe with one teacher keeps the id that it had before teachers could have an image size', () => {
  const teacher = { model: 'resnet_16', weights: 'fresh' };
  const { teacher: complete } = tinyRecipe({ teacher, method: kd });
  assert.deepEqual(complete, teacher);
});

test('several teachers are accepted by methods that read logits, and rejected by others with the reason', () => {
  for (const kind of ['kd', 'ofa', 'dkd', 'dist', 'bkd'] as const) tinyRecipe({ teacher: several, method: { kind } });
  for (const [kind, reads] of [
    ['crd', 'pooled features'],
    ['rkd', 'pooled features'],
    ['fitnet', 'stage features'],
  ] as const) {
    assert.throws(
      () => tinyRecipe({ teacher: several, method: { kind } }),
      new RegExp(`teacher\\.others: method .* reads the teacher's ${reads}, which several teachers do not have`),
    );
  }
  assert.throws(
    () => tinyRecipe({ teacher: { ...several, others: [{ model: 'vit_46', weights: 'fresh' }] }, method: kd }),
    /teacher\.others\.0: Unknown network "vit_46"/,
  );
  assert.throws(() => tinyRecipe({ teacher: { ...several, others: [] }, method: kd }), /teacher\.others/);
  assert.throws(() => tinyRecipe({ teacher: { ...large, imageSize: 0 }, method: kd }), /teacher\.imageSize/);
});

test('a run rejects a teacher whose image size is neither that of the student nor of the recipe', () => {
  const recipe = tinyRecipe({ teacher: { model: 'vit_64', weights: 'fresh' }, method: kd });
  const { model } = loadTeacher({ model: 'vit_64', weights: 'fresh' }, images.train, { imageSize: 48 });
  assert.throws(
    () => new Training(recipe, { ...images, teacher: model }),
    /vit_64 takes images of 48 pixels, and the student's have 32\. Set imageSize of the teacher in the recipe/,
  );
  disposeModule(model);
});
