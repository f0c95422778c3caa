import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule, parameters } from '../../lib/models/parameter';
import * as tf from '../../lib/tensor/engine/tf';
import { trainWithSnapshots } from '../../lib/analysis/snapshots';
import { stepCosts } from '../../lib/analysis/stepCost';
import { images, tinyRecipe, withTraining } from '../training/example';

const numbers = (model: object): number[][] => parameters(model).map(([, { value }]) => [...value.dataSync()]);

test('copies the student at the start, after the given steps, and at the end', async () => {
  await withTraining(tinyRecipe(), async (training) => {
    const start = numbers(training.student);
    const kept = await trainWithSnapshots(training, [3]);
    assert.deepEqual(
      kept.map(({ step }) => step),
      [0, 3, 8],
    );
    assert.deepEqual(numbers(kept[0]!.model), start);
    assert.deepEqual(numbers(kept[2]!.model), numbers(training.student));
    assert.notDeepEqual(numbers(kept[1]!.model), start);
    assert.notDeepEqual(numbers(kept[1]!.model), numbers(training.student));
    kept.forEach(({ model }) => disposeModule(model));
  });
});

test('takes the last snapshot where the signal stops the training', async () => {
  await withTraining(tinyRecipe(), async (training) => {
    const stop = new AbortController();
    const kept = await trainWithSnapshots(training, [7], {
      signal: stop.signal,
      onStep: ({ step }) => {
        if (step === 2) stop.abort();
      },
    });
    assert.deepEqual(
      kept.map(({ step }) => step),
      [0, 2],
    );
    kept.forEach(({ model }) => disposeModule(model));
  });
});

test('a larger batch takes more memory, branches add their parameters, and no tensor leaks', async () => {
  const before = tf.memory().numTensors;
  const [small, large] = await stepCosts(
    [tinyRecipe({ batchSize: 4 }), tinyRecipe({ batchSize: 16 })],
    [images, images],
    { rounds: 2 },
  );
  assert.equal(tf.memory().numTensors, before);
  assert.ok(large!.peakBytes > small!.peakBytes);
  // Weights, their gradients and two moments at least.
  assert.ok(small!.peakBytes > 4 * 4 * small!.studentParameters);
  assert.deepEqual(
    [small!.milliseconds.length, small!.processorMilliseconds.length, small!.methodParameters],
    [2, 2, 0],
  );
  await assert.rejects(stepCosts([tinyRecipe({ batchSize: 16, epochs: 1 })], [images], { rounds: 5 }), /fewer steps/);
});
