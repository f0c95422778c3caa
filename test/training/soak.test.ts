import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '../../lib/tensor/tf';
import { tinyRecipe, withTraining } from './example';

test('over a thousand steps of OFA no tensor is left over, and the process does not grow by 5 %', async (context) => {
  const recipe = tinyRecipe({ student: 'mixer_64', imageSize: 16, teacher: { model: 'mixer_64', weights: 'fresh' }, method: { kind: 'ofa', stages: [4] }, epochs: 260, batchSize: 8, evaluateEvery: 65 });
  await withTraining(recipe, async (training) => {
    const tensors = new Set<number>();
    // Allocators settle during the first steps.
    const settled = 200;
    let [steps, before] = [0, 0];
    for await (const event of training.run()) {
      if (event.kind !== 'step') continue;
      steps++;
      if (steps === settled) before = process.memoryUsage.rss();
      if (steps >= settled) tensors.add(tf.memory().numTensors);
      if (steps === settled + 1000 - 200) break;
    }
    const growth = process.memoryUsage.rss() / before - 1;
    context.diagnostic(`resident memory after ${steps} steps: ${(100 * growth).toFixed(1)} % more than after ${settled}`);
    assert.equal(tensors.size, 1, [...tensors].join(', '));
    assert.ok(growth < 0.05, `grew by ${(100 * growth).toFixed(1)} %`);
  });
});
