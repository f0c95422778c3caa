import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransformSpec } from '../../../lib/data/transforms/transformSpec';
import { openLoader } from '../../../lib/data/loading/loader';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { Random } from '../../../lib/tensor/random';

const dataset = syntheticImages(new Random(1), { count: 8, classes: 4, size: { height: 32, width: 32 } });
const request = { source: 'images', indices: Uint32Array.of(3, 1), seed: 5 };

test('rejects the request that failed in a worker thread and continues with the next one', async () => {
  const spec: TransformSpec = { for: 'training', imageSize: 32, augmentation: 'crop-flip' };
  const loader = openLoader({ images: { dataset, spec } }, 1);
  const [bad, good] = await Promise.allSettled([loader.load({ ...request, source: 'unknown' }), loader.load(request)]);
  await loader.close();
  assert.equal(bad.status, 'rejected');
  assert.ok(good.status === 'fulfilled');
  assert.deepEqual([...good.value.labels], [3, 1]);
  const sameThread = openLoader({ images: { dataset, spec } }, 0);
  assert.deepEqual(good.value, await sameThread.load(request));
});

test('a UserError in a worker thread rejects each request that causes it', async () => {
  const loader = openLoader({ images: { dataset, spec: { for: 'evaluation', imageSize: 24, cropShare: 2 } } }, 1);
  await assert.rejects(loader.load(request), /crop share/);
  await assert.rejects(loader.load(request), /crop share/);
  await loader.close();
});
