import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parameter, type NamedParameter } from '../../../lib/models/parameter';
import * as tf from '../../../lib/tensor/engine/tf';
import { WeightAverage } from '../../../lib/training/step/weightAverage';
import { expectClose, toArray } from '../../support/close';
import { snapshot, take, tinyRecipe, withTraining } from '../example';

test('averages weights and buffers from the first step on, by hand', async () => {
  const named: NamedParameter[] = [
    ['w', new Parameter(tf.tensor1d([1, 2]), 'plain')],
    ['running', new Parameter(tf.tensor1d([4]), 'plain', false)],
  ];
  const average = new WeightAverage(named, 0.75);
  const before = tf.memory().numTensors;
  for (const [w, running] of [
    [[5, 2], [0]],
    [[1, -2], [8]],
  ]) {
    tf.tidy(() => {
      named[0]![1].variable.assign(tf.tensor1d(w!));
      named[1]![1].variable.assign(tf.tensor1d(running!));
    });
    average.update();
  }
  // 1 → 2 → 1.75; 2 → 2 → 1; 4 → 3 → 4.25.
  const weights = (): number[] => named.flatMap(([, { value }]) => [...toArray(value)]);
  await average.during(() => Promise.resolve(expectClose(weights(), [1.75, 1, 4.25])));
  expectClose(weights(), [1, -2, 8]);
  await assert.rejects(
    average.during(() => Promise.reject(new Error('no'))),
    /no/,
  );
  expectClose(weights(), [1, -2, 8]);
  expectClose(
    [...average.state().values()].flatMap((tensor) => [...toArray(tensor)]),
    [1.75, 1, 4.25],
  );
  assert.equal(tf.memory().numTensors, before);
});

test('follows the weights, is evaluated and saved, and does not change the training', async () => {
  const plain = tinyRecipe({ epochs: 1, batchSize: 16 });
  const without = await withTraining(plain, async (training) => {
    const events = await take(training, Infinity);
    return { events, state: snapshot(training) };
  });
  await withTraining({ ...plain, averageDecay: 0 }, async (training) => {
    const events = await take(training, Infinity);
    for (const [name, value] of without.state) assert.deepEqual(snapshot(training).get(name), value, name);
    // With a decay of 0 the average is the last weights.
    const [epoch, expected] = [events.at(-1)!, without.events.at(-1)!];
    assert.ok(epoch.kind === 'epoch' && expected.kind === 'epoch');
    assert.deepEqual(
      [epoch.top1, epoch.top1Unaveraged, epoch.calibrationError],
      [expected.top1, expected.top1, expected.calibrationError],
    );
    assert.ok(!('top1Unaveraged' in expected));
  });
  await withTraining({ ...plain, averageDecay: 1 - 2 ** -40 }, async (training) => {
    const first = snapshot(training);
    await take(training, Infinity);
    // With a decay near 1 the average stays at the first weights. Recipes refuse 1 itself.
    await training.withResult(() => {
      for (const [name, { value }] of training.state())
        if (name.startsWith('student.')) expectClose([...toArray(value)], first.get(name)!, { absolute: 1e-9 }, name);
      return Promise.resolve();
    });
    assert.notDeepEqual(snapshot(training).get('student.head.weight'), first.get('student.head.weight'));
  });
});
