import assert from 'node:assert/strict';
import { test } from 'node:test';

import { planLiveRun } from '../../../lib/runs/plan/planLiveRun';
import { parseRecipe } from '../../../lib/training/recipe/completeRecipe';

test('a live run of the smoke profile uses synthetic images and a teacher with fresh weights', () => {
  const { recipe, warning } = planLiveRun({ profile: 'smoke', images: 96, epochs: 2, batchSize: 32 });
  const { data, teacher, epochs, method } = parseRecipe(recipe);
  assert.deepEqual(data, { name: 'synthetic', trainImages: 96 });
  assert.deepEqual(teacher, { model: 'resnet_24', weights: 'fresh' });
  assert.deepEqual([epochs, method.kind], [2, 'ofa']);
  assert.match(warning!, /random weights/);
});
