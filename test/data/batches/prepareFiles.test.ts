import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileBatches } from '../../../lib/data/batches/fileBatches';
import { disposeBatch } from '../../../lib/data/batches/batches';
import { openImageFolder } from '../../../lib/data/images/imageFolder';
import type { Prepared } from '../../../lib/data/batches/prepare';
import { openPreparer } from '../../../lib/data/batches/preparer';
import { temporaryFolder } from '../../support/temporaryFolder';
import { writeFolder } from '../pictures';

test('batches of files are the same from no, one and two threads, in the order asked, also where images cannot be read', async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 5, b: 5 });
  await writeFile(path.join(folder, 'a', '2.jpg'), 'no JPEG');
  const set = await openImageFolder(folder, { side: 32 });
  const changes = { flip: true, randAugment: { magnitude: 9, spread: 0.5, operations: 2 }, erasing: 0.5 };
  const batches = await Promise.all(
    [0, 1, 2].map(async (workers): Promise<Prepared[]> => {
      const preparer = openPreparer(
        {
          train: {
            set,
            preparation: {
              for: 'training',
              side: 32,
              augmentation: { ...changes, crop: { kind: 'resized', area: [0.3, 1], aspect: [0.75, 1.3] } },
            },
          },
          test: { set, preparation: { for: 'evaluation', side: 32, cropShare: 1 } },
        },
        workers,
      );
      try {
        const asked = [
          [0, 1, 2, 3],
          [9, 2, 0],
          [4, 5, 6, 7],
        ].map((places, k) => preparer.prepare({ source: 'train', indices: Uint32Array.from(places), seed: k }));
        return await Promise.all([
          ...asked,
          preparer.prepare({ source: 'test', indices: Uint32Array.from([1, 2, 3]), seed: 0 }),
        ]);
      } finally {
        await preparer.close();
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

test("evaluation sees every readable image once, in order, normalised with ImageNet's mean", async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 3, b: 2 });
  await writeFile(path.join(folder, 'b', '1.jpg'), 'no JPEG');
  const set = await openImageFolder(folder, { side: 16 });
  const seen: number[] = [];
  for await (const batch of fileBatches(set, 2)) {
    seen.push(...batch.indices);
    assert.deepEqual(batch.images.shape, [batch.indices.length, 16, 16, 3]);
    for (const value of batch.images.dataSync()) assert.ok(value > -2.2 && value < 2.7);
    disposeBatch(batch);
  }
  assert.deepEqual(seen, [0, 1, 2, 3]);
});
