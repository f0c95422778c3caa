import assert from 'node:assert/strict';
import { rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { writeImageFolder } from '../../../lib/data/datasets/writeImageFolder';
import { openOwnImages } from '../../../lib/runs/inputs/ownImages';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { writeEmptyFiles } from '../../data/datasets/emptyFiles';
import { temporaryFolder } from '../../support/temporaryFolder';

test('holds out a share of every class by seed, and rejects images that have changed since', async (context) => {
  const folder = path.join(await temporaryFolder(context), 'images');
  const set = syntheticImages(new Random(0), { count: 40, classes: 4, size: { height: 8, width: 8 } });
  await writeImageFolder(set, folder);
  const data = { name: 'folder', path: folder, split: { share: 0.25, seed: 1 } } as const;
  const [first, again, other] = [
    await openOwnImages(data, 8),
    await openOwnImages(data, 8),
    await openOwnImages({ ...data, split: { share: 0.25, seed: 2 } }, 8),
  ];
  assert.deepEqual([first.train.count, first.test.count], [30, 10]);
  for (const images of [first.train, first.test]) assert.equal(new Set(images.labels).size, 4);
  assert.equal(again.contents, first.contents);
  assert.notEqual(other.contents, first.contents);
  assert.equal((await openOwnImages({ ...data, contents: first.contents }, 8)).test.count, 10);
  await rejectsWith(
    openOwnImages({ ...data, split: { share: 0.01, seed: 1 } }, 8),
    'cannot be split with 1 % of 40 images held out',
    'has no image for validation',
  );

  await rm(path.join(folder, set.classes[0]!), { recursive: true });
  await rejectsWith(openOwnImages({ ...data, contents: first.contents }, 8), 'are not those of the recipe');
});

test('rejects one folder for both parts', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['a/0.png', 'b/0.png']);
  await symlink(folder, path.join(folder, 'link'));
  await rejectsWith(
    openOwnImages({ name: 'folder', path: folder, validation: path.join(folder, 'link') }, 8),
    `${folder} is the folder of both training and validation`,
  );
});
