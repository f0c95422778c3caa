import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Preparation } from '../../../lib/data/augmentation/augmentation';
import { openPreparer } from '../../../lib/data/batches/preparer';
import { syntheticImages } from '../../../lib/data/images/synthetic';
import { Random } from '../../../lib/tensor/random';

const set = syntheticImages(new Random(1), { count: 8, classes: 4, size: { height: 32, width: 32 } });
const request = { source: 'images', indices: Uint32Array.of(3, 1), seed: 5 };

test('a fault in a thread reaches whoever waits, and the thread goes on', async () => {
  const preparation: Preparation = { for: 'training', side: 32, augmentation: 'crop-flip' };
  const preparer = openPreparer({ images: { set, preparation } }, 1);
  const [bad, good] = await Promise.allSettled([
    preparer.prepare({ ...request, source: 'nowhere' }),
    preparer.prepare(request),
  ]);
  await preparer.close();
  assert.equal(bad.status, 'rejected');
  assert.ok(good.status === 'fulfilled');
  assert.deepEqual([...good.value.labels], [3, 1]);
  const own = openPreparer({ images: { set, preparation } }, 0);
  assert.deepEqual(good.value, await own.prepare(request));
});

test('a thread that could not begin refuses what it is asked, at once and later', async () => {
  const preparer = openPreparer({ images: { set, preparation: { for: 'evaluation', side: 24, cropShare: 2 } } }, 1);
  await assert.rejects(preparer.prepare(request), /share of the image/);
  await assert.rejects(preparer.prepare(request), /share of the image/);
  await preparer.close();
});
