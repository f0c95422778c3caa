import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileBatches } from '../../../lib/data/loading/fileBatches';
import { disposeBatch } from '../../../lib/data/loading/batch';
import { openImageFolder } from '../../../lib/data/datasets/imageFolder';
import type { BatchData } from '../../../lib/data/loading/batchData';
import { openLoader } from '../../../lib/data/loading/loader';
import { temporaryFolder } from '../../support/temporaryFolder';
import { writeFolder } from '../pictures';

test('batches do not depend on the number of worker threads, even if images are unreadable', async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 5, b: 5 });
  await writeFile(path.join(folder, 'a', '2.jpg'), 'not a JPEG');
  const dataset = await openImageFolder(folder, { imageSize: 32 });
  const augmentation = { flip: true, randAugment: { magnitude: 9, spread: 0.5, operations: 2 }, erasing: 0.5 };
  const batches = await Promise.all(
    [0, 1, 2].map(async (workerCount): Promise<BatchData[]> => {
      const loader = openLoader(
        {
          train: {
            dataset,
            spec: {
              for: 'training',
              imageSize: 32,
              augmentation: { ...augmentation, crop: { kind: 'resized', area: [0.3, 1], aspect: [0.75, 1.3] } },
            },
          },
          test: { dataset, spec: { for: 'evaluation', imageSize: 32, cropShare: 1 } },
        },
        workerCount,
      );
      try {
        const training = [
          [0, 1, 2, 3],
          [9, 2, 0],
          [4, 5, 6, 7],
        ].map((indices, k) => loader.load({ source: 'train', indices: Uint32Array.from(indices), seed: k }));
        return await Promise.all([
          ...training,
          loader.load({ source: 'test', indices: Uint32Array.from([1, 2, 3]), seed: 0 }),
        ]);
      } finally {
        await loader.close();
      }
    }),
  );
  const [none, one, two] = batches;
  assert.deepEqual(one, none);
  assert.deepEqual(two, none);
  assert.deepEqual(
    none!.map(({ indices }) => [...indices]),
    [
      [0, 1, 3, 3],
      [9, 3, 0],
      [4, 5, 6, 7],
      [1, 3],
    ],
  );
  assert.deepEqual(
    none!.map(({ labels }) => [...labels]),
    [
      [0, 0, 0, 0],
      [1, 0, 0],
      [0, 1, 1, 1],
      [0, 0],
    ],
  );
  assert.deepEqual(
    none!.map(({ unreadable = [] }) => unreadable.length),
    [1, 1, 0, 1],
  );
  assert.notDeepEqual(none![0]!.values.subarray(2 * 3072, 3 * 3072), none![0]!.values.subarray(3 * 3072));
});

test("evaluation returns every readable image once, in order, normalised by ImageNet's mean", async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 3, b: 2 });
  await writeFile(path.join(folder, 'b', '1.jpg'), 'not a JPEG');
  const dataset = await openImageFolder(folder, { imageSize: 16 });
  const seen: number[] = [];
  for await (const batch of fileBatches(dataset, 2)) {
    seen.push(...batch.indices);
    assert.deepEqual(batch.images.shape, [batch.indices.length, 16, 16, 3]);
    for (const value of batch.images.dataSync()) assert.ok(value > -2.2 && value < 2.7);
    disposeBatch(batch);
  }
  assert.deepEqual(seen, [0, 1, 2, 3]);
});
