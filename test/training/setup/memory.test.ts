import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { UserError } from '../../../lib/errors';
import * as tf from '../../../lib/tensor/engine/tf';
import { checkMemory, stepMemory } from '../../../lib/training/setup/memory';
import { explainOutOfMemory } from '../../../lib/training/step/outOfMemory';
import { rejectsWith } from '../../support/rejectsWith';
import { expectNoLeakAsync } from '../../support/leaks';
import { images, tinyRecipe } from '../example';

const recipe = tinyRecipe({ student: 'resnet_16', batchSize: 32 });

test('bounds the growth of a process', async () => {
  const { min, max } = await stepMemory(recipe, images);
  // In a new process, whose peak is that of the step.
  const child = `
    const tf = require('./lib/tensor/engine/tf');
    const { differentiate } = require('./lib/training/step/gradients');
    const { Training } = require('./lib/training/training');
    const example = require('./test/training/example');
    const training = new Training(example.tinyRecipe({ student: 'resnet_16', batchSize: 32 }), example.images);
    const images = (n) => tf.zeros([n, 32, 32, 3]);
    const batch = (n) => ({ images: images(n), labels: tf.zeros([n], 'int32'), indices: new Uint32Array(n) });
    const step = (n) => differentiate(training.objective, batch(n));
    step(2);
    const before = process.memoryUsage.rss();
    step(400);
    console.log(process.resourceUsage().maxRSS * 1024 - before);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', child], { encoding: 'utf8' });
  const grown = Number(stdout);
  assert.ok(grown > min(400) && grown < max(400), `${grown} of ${min(400)} to ${max(400)} ${stderr}`);
});

test('rejects a batch that cannot fit, and names one that fits; warns of one that may not fit', async () => {
  const { min, max } = await stepMemory(recipe, images);
  await rejectsWith(
    checkMemory(recipe, images, max(8)),
    'A step of 32 images at a time needs',
    '8 at a time fit: set accumulation to 4',
  );
  await rejectsWith(checkMemory(recipe, images, max(8) / 1000), 'Not even single images');
  await rejectsWith(
    checkMemory({ ...recipe, accumulation: 2 }, images, max(4)),
    'A step of 16 images',
    'set accumulation to 8',
  );
  const told = await checkMemory(recipe, images, (min(32) + max(32)) / 2);
  assert.match(told ?? '', /16 at a time fit: set accumulation to 2/);
  assert.equal(await checkMemory(recipe, images, max(32)), undefined);
  assert.equal(await checkMemory(recipe, images), undefined);
});

test('checking memory leaks no tensor', async () => {
  await expectNoLeakAsync(async () => {
    await checkMemory(recipe, images, 1e9);
    return [];
  });
});

test('explains a failed allocation of TensorFlow, and passes other errors on', () => {
  const vector = tf.ones([1_000_000, 1]);
  assert.throws(
    () => tf.matMul(vector, vector, false, true),
    (error) => {
      const told = explainOutOfMemory(error, 512);
      assert.ok(told instanceof UserError);
      assert.match(
        told.message,
        /for a step of 512 images at a time \(an array of \[1000000,1000000\] was too much\).*accumulation/,
      );
      return true;
    },
  );
  const other = new Error('something else');
  assert.equal(explainOutOfMemory(other, 8), other);
});
