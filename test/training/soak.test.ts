import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '../../lib/tensor/engine/tf';
import { tinyRecipe, withTraining } from './example';

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

test('leaks no tensor in a thousand steps of OFA, and the process grows by less than 5 %', async (context) => {
  assert(isCall(collectGarbage));
  const recipe = tinyRecipe({
    student: 'mixer_64',
    imageSize: 16,
    teacher: { model: 'mixer_64', weights: 'fresh' },
    method: { kind: 'ofa', stages: [4] },
    epochs: 400,
    batchSize: 8,
    evaluateEvery: 100,
  });
  await withTraining(recipe, async (training) => {
    const tensors = new Set<number>();
    const memory: number[] = [];
    let steps = 0;
    for await (const event of training.run()) {
      if (event.kind !== 'step') continue;
      steps++;
      // Allocators settle during the first steps, and the amount of garbage varies.
      if (steps >= 300) tensors.add(tf.memory().numTensors);
      if (steps % 100 === 0) collectGarbage();
      if (steps === 300 || steps === 1300) memory.push(process.memoryUsage.rss());
      if (steps === 1300) break;
    }
    const [before, after] = memory;
    assert(before !== undefined && after !== undefined);
    const growth = after / before - 1;
    context.diagnostic(`resident memory after a thousand steps: ${(100 * growth).toFixed(1)} % more`);
    assert.equal(tensors.size, 1, [...tensors].join(', '));
    assert.ok(growth < 0.05, `grew by ${(100 * growth).toFixed(1)} %`);
  });
});

function isCall(value: unknown): value is () => void {
  return typeof value === 'function';
}
