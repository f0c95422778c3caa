import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readJsonLines } from '../../lib/io/jsonLines';
import { epochRecord } from '../../lib/results/records/record';
import { runFolderOf } from '../../lib/runs/runFolder/paths';
import { jobsOf, runToEnd, tiny, weightsHash } from '../runs/example';
import * as tf from '../../lib/tensor/engine/tf';
import { temporaryFolder } from '../support/temporaryFolder';
import { images, snapshot, tinyRecipe, withTraining } from './example';

const strong = {
  augmentation: { crop: { kind: 'resized' }, randAugment: { magnitude: 9 }, erasing: 0.25 },
  mixing: { mixup: 0.8, cutmix: 1 },
} as const;

/** An event without its durations. */
function measured(event: object): object {
  return Object.fromEntries(
    Object.entries(event).filter(([name]) => !['seconds', 'imagesPerSecond', 'dataShare'].includes(name)),
  );
}

test('gives the same metrics and weights, bit for bit, with no worker, one or two', async () => {
  const recipe = tinyRecipe({
    ...strong,
    imageSize: 40,
    teacher: { model: 'resnet_16', weights: 'fresh' },
    method: { kind: 'ofa' },
    averageDecay: 0.9,
    dropPath: 0.3,
  });
  const runs = [];
  for (const workers of [0, 1, 2, 0]) {
    runs.push(
      await withTraining(recipe, async (training) => {
        const events: object[] = [];
        for await (const event of training.run({ workers })) events.push(measured(event));
        return { events, weights: snapshot(training) };
      }),
    );
  }
  assert.equal(runs[0]!.events.length, 2 * (images.train.count / 8 + 1));
  for (const run of runs.slice(1)) assert.deepEqual(run, runs[0]);
});

test('a run that its consumer leaves, and runs again, gives the same bits and leaks no tensor', async () => {
  const recipe = tinyRecipe({ teacher: { model: 'resnet_16', weights: 'fresh' }, method: { kind: 'ofa' } });
  const before = tf.memory().numTensors;
  const stopAfter = (stops: readonly number[]) =>
    withTraining(recipe, async (training) => {
      const events: object[] = [];
      for (const stop of [...stops, Infinity])
        for await (const event of training.run()) {
          events.push(measured(event));
          if (events.length === stop) break;
        }
      return { events, state: snapshot(training) };
    });
  assert.deepEqual(await stopAfter([3, 6]), await stopAfter([]));
  assert.equal(tf.memory().numTensors, before);
});

test('two processes give the same metrics and the same file of weights', async (context) => {
  const [job] = jobsOf([{ ...tiny, recipe: { ...tiny.recipe, ...strong } }]);
  const runs = await Promise.all(
    [0, 1].map(async () => {
      const out = await temporaryFolder(context);
      const { code, text } = await runToEnd(job!, out);
      assert.equal(code, 0, text);
      const metrics = path.join(runFolderOf(job!, out), 'metrics.jsonl');
      assert.ok(existsSync(metrics));
      return {
        metrics: (await readJsonLines(metrics, (value) => epochRecord.parse(value))).map(measured),
        weights: await weightsHash(job!, out),
      };
    }),
  );
  assert.equal(runs[0]!.metrics.length, 2);
  assert.deepEqual(runs[1], runs[0]);
});
