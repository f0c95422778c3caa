import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { RunLockedError } from '../../../lib/runs/runFolder/lock';
import { liveRun, type LiveOptions } from '../../../lib/runs/execution/liveRun';
import * as tf from '../../../lib/tensor/engine/tf';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';
import { defineMethod, type Method } from '../../../lib/methods/method';
import type { MethodSpec } from '../../../lib/methods/methods';
import { temporaryFolder } from '../../support/temporaryFolder';
import { tiny } from '../example';

/** The events of a run that is stopped after a number of steps: the loss of each step and the top-1 of each epoch. */
async function watch(
  folder: string,
  stopAfter = Infinity,
  changes: Partial<LiveOptions> = {},
  recipe: RecipeInput<MethodSpec> = { ...tiny.recipe, seed: 0 },
): Promise<string[]> {
  const stop = new AbortController();
  const lines: string[] = [];
  let steps = 0;
  for await (const event of liveRun(recipe, {
    folder,
    testImages: 100,
    signal: stop.signal,
    ...changes,
    method: changes.method,
  })) {
    lines.push(
      event.kind === 'step'
        ? `step ${event.epoch}.${event.step}: ${event.loss}`
        : `epoch ${event.epoch}: ${event.top1}`,
    );
    if (event.kind === 'step' && ++steps === stopAfter) stop.abort();
  }
  return lines;
}

test('resumes at the next step after a stop, with the same losses as an uninterrupted run', async (context) => {
  const whole = await watch(await temporaryFolder(context));
  assert.equal(whole.length, 2 * 5 + 2);
  for (const stopAfter of [1, 3, 5, 7]) {
    const folder = await temporaryFolder(context);
    const first = await watch(folder, stopAfter);
    assert.deepEqual(first, whole.slice(0, first.length));
    const finished = first.filter((line) => line.startsWith('epoch'));
    const second = await watch(folder);
    assert.deepEqual(second.slice(0, finished.length), finished, 'yields finished epochs again');
    assert.deepEqual([...first, ...second.slice(finished.length)], whole, `stopped after ${stopAfter} steps`);
    assert.deepEqual(readdirSync(folder), [], 'a finished run leaves nothing');
  }
});

test('does not resume a run of another method of the same name, or with other test images', async (context) => {
  const method = (sign: 1 | -1): Method =>
    defineMethod({
      title: 'own',
      source: 'this test',
      readsTeacher: 'logits',
      scope: 'example',
      options: z.object({}).strict(),
      create:
        sign === 1
          ? () => ({ modules: {}, loss: ({ student }) => ({ own: tf.mean<tf.Scalar>(student.logits) }) })
          : () => ({ modules: {}, loss: ({ student }) => ({ own: tf.neg(tf.mean<tf.Scalar>(student.logits)) }) }),
    });
  const recipe: RecipeInput<MethodSpec> = {
    ...tiny.recipe,
    seed: 0,
    teacher: { model: 'mixer_64', weights: 'fresh' },
    method: { kind: 'own' },
  };
  const folder = await temporaryFolder(context);
  const [first] = await watch(folder, 1, { method: method(1) }, recipe);
  for (const others of [{ method: method(-1) }, { method: method(1), testImages: 50 }])
    assert.match((await watch(folder, 1, others, recipe))[0]!, /^step 1\.1/);
  assert.match(first!, /^step 1\.1/);
  assert.match((await watch(folder, 1, { method: method(1) }, recipe))[0]!, /^step 1\.2/, 'resumes its own run');
});

test('throws a RunLockedError while another process runs the same', async (context) => {
  const folder = await temporaryFolder(context);
  const run = liveRun({ ...tiny.recipe, seed: 0 }, { folder, testImages: 100 });
  await run.next();
  await assert.rejects(watch(folder), RunLockedError);
  await run.return();
  assert.equal((await watch(folder, 1)).length, 1);
});

test('ends at the epoch given by until, and continues from there', async (context) => {
  const folder = await temporaryFolder(context);
  const epochs = (lines: readonly string[]): number => lines.filter((line) => line.startsWith('epoch')).length;
  assert.equal(epochs(await watch(folder, Infinity, { until: 1 })), 1);
  assert.deepEqual(await watch(folder, Infinity, { until: 1 }).then((lines) => lines.map((line) => line.slice(0, 7))), [
    'epoch 1',
  ]);
  assert.equal(epochs(await watch(folder)), 2);
});
