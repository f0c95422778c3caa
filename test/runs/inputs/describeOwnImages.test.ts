import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { loadData } from '../../../lib/runs/inputs/data';
import { writeEmptyFiles } from '../../data/datasets/emptyFiles';
import { asSharp, picture, writeFolder } from '../../data/pictures';
import { temporaryFolder } from '../../support/temporaryFolder';

test('states classes, images, sizes, bits, files left out, and images in both parts', async (context) => {
  const train = await writeFolder(await temporaryFolder(context), { a: 3, b: 2 });
  const validation = await writeFolder(await temporaryFolder(context), { a: 1, b: 1 }, 100);
  const large = picture(0, 0, { width: 200, height: 150 });
  await writeFile(path.join(train, 'a', 'deep.png'), await asSharp(large).toColourspace('rgb16').png().toBuffer());
  await copyFile(path.join(train, 'b', '1.jpg'), path.join(validation, 'a', 'copy.jpg'));
  await writeEmptyFiles(train, ['b/note.txt', 'b/empty.jpg']);
  await copyFile(path.join(train, 'b', '0.jpg'), path.join(train, 'a', 'twin.jpg'));
  const { notice } = await loadData({ name: 'folder', path: train, validation }, 8);
  assert.deepEqual(notice?.replace(/ \(\.jpg.*?\)/, '').split('\n'), [
    'images: 2 classes; training 8 images, 3 (b) to 5 (a) of each class, 80 × 60 to 200 × 150 pixels, ' +
      '8, 16 bits, 1 unreadable; ' +
      'validation 3 images, 1 (b) to 2 (a) of each class, 80 × 60 pixels, 8 bits; ' +
      'left out: 1 × file that is not an image (b/note.txt)',
    '1 images have more than 8 bits and are scaled to 8 bits (docs/inputs.md)',
    '2 images have the content of an image of another class',
    '1 images for validation have the content of an image for training',
  ]);
});
