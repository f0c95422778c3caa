import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { openImageFolder } from '../../../lib/data/datasets/imageFolder';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { writeEmptyFiles } from './emptyFiles';

const imageSize = 16;

test('rejects a parent of training and validation folders, and shows how to name both', async (context) => {
  for (const [train, validation, ...others] of [
    ['train', 'val'],
    ['Training', 'test'],
    ['train', 'validation', 'test'],
  ] as const) {
    const folder = await writeEmptyFiles(await temporaryFolder(context), [
      ...[train, validation, ...others].flatMap((part) => [`${part}/a/0.png`, `${part}/b/0.png`, `${part}/notes.txt`]),
      'annotations/0.json',
    ]);
    await rejectsWith(
      openImageFolder(folder, { imageSize }),
      `${train} and ${validation}`,
      `--data ${path.join(folder, train)} --validation ${path.join(folder, validation)}`,
    );
  }
});

test('classes may be named like the parts of a data set', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['train/0.png', 'test/0.png', 'bus/0.png']);
  assert.deepEqual((await openImageFolder(folder, { imageSize })).classes, ['bus', 'test', 'train']);
});

test('rejects one class, and shows the folder below if it contains folders', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['a/0.png']);
  await rejectsWith(openImageFolder(folder, { imageSize }), 'one class was found (a)', 'at least two');
  assert.equal((await openImageFolder(folder, { imageSize, minClasses: 1 })).count, 1);
  const outer = await writeEmptyFiles(await temporaryFolder(context), ['images/a/0.png', 'images/b/0.png']);
  await rejectsWith(openImageFolder(outer, { imageSize }), `Use --data ${path.join(outer, 'images')}`);
});
