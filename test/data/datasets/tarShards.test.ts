import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { imageName, readImage } from '../../../lib/data/datasets/imageFile';
import { subset } from '../../../lib/data/datasets/subset';
import { openTarShards } from '../../../lib/data/datasets/tarShards';
import { indexTar } from '../../../lib/io/tar/indexTar';
import { tarOf, type Member } from '../../support/archive';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { jpegOf, picture } from '../pictures';

test('reads images and classes from several archives in the format of webdataset', async (context) => {
  const folder = await temporaryFolder(context);
  const [first, second] = [await jpegOf(picture(0)), await jpegOf(picture(1))];
  const long = `${'deep.er/'.repeat(30)}image`;
  await writeFile(
    path.join(folder, 'b.tar'),
    await tarOf([
      ['3.jpeg', second],
      ['3.cls', '1\n'],
    ]),
  );
  await writeFile(
    path.join(folder, 'a.tar'),
    await tarOf([
      ['1.cls', '0'],
      ['1.jpg', first],
      ['1.json', '{}'],
      [`${long}.PNG`, second],
      [`${long}.CLS`, '1'],
      ['lonely.jpg', first],
    ]),
  );
  const dataset = await openTarShards(folder, { imageSize: 16 });
  assert.deepEqual([...dataset.labels], [0, 1, 1]);
  assert.deepEqual(dataset.classes, ['0', '1']);
  assert.deepEqual(await Promise.all([0, 1, 2].map((index) => readImage(dataset, index))), [first, second, second]);
  assert.deepEqual(imageName(dataset, 2), `${path.join(folder, 'b.tar')}, 3.jpeg`);
  assert.deepEqual(
    dataset.leftOut.map(({ reason, count, example }) => [reason.replace(/ \(.*/, ''), count, path.basename(example)]),
    [
      ['file that is neither an image', 1, 'a.tar, 1.json'],
      ['image without a class', 1, 'a.tar, lonely.jpg'],
    ],
  );
  assert.deepEqual(await readImage(subset(dataset, [2, 0]), 1), first);
  await writeFile(path.join(folder, 'classes.txt'), 'cat\ndog\n');
  assert.deepEqual((await openTarShards(folder, { imageSize: 16 })).classes, ['cat', 'dog']);
  await rejectsWith(openTarShards(folder, { imageSize: 16, classes: ['cat'] }), 'class 1 is not among the 1');
  await rejectsWith(
    openTarShards(folder, { imageSize: 16, classes: ['cat', 'dog', 'elk'] }),
    'class elk of the training images is missing',
  );
});

test('uses the complete images of an archive truncated at any byte and reports the truncation', async (context) => {
  const folder = await temporaryFolder(context);
  const members: Member[] = [
    ['0.cls', '0'],
    ['0.jpg', 'x'.repeat(700)],
    ['1.cls', '0'],
    ['1.jpg', 'y'.repeat(100)],
  ];
  const tar = await tarOf(members);
  const whole = await indexBytes(folder, tar);
  assert.equal(whole.error, undefined);
  assert.deepEqual(
    whole.members.map(({ name }) => name),
    members.map(([name]) => name),
  );
  const ends = whole.members.map(({ start, size }) => start + size);
  const padded = Math.ceil(ends[3]! / 512) * 512;
  for (let length = 0; length < tar.length; length += length % 512 > 2 && length % 512 < 500 ? 37 : 1) {
    const { members: found, error } = await indexBytes(folder, tar.subarray(0, length));
    assert.equal(found.length, ends.filter((end) => end <= length).length, `members at ${length}`);
    assert.equal(error === undefined, length >= padded + 512, `error at ${length}: ${error}`);
  }
});

test('rejects folders without usable archives', async (context) => {
  const folder = await temporaryFolder(context);
  await rejectsWith(openTarShards(path.join(folder, 'none'), { imageSize: 16 }), 'no such file or folder');
  await rejectsWith(openTarShards(folder, { imageSize: 16 }), 'contains no .tar archive');
  await writeFile(path.join(folder, 'a.tar'), 'not an archive'.repeat(100));
  await rejectsWith(openTarShards(folder, { imageSize: 16 }), 'contain no image with a class', 'damaged');
  await writeFile(path.join(folder, 'a.tar'), gzipSync(await tarOf([['0.cls', '0']])));
  await rejectsWith(openTarShards(folder, { imageSize: 16 }), 'is compressed', 'gunzip');
  const other = path.join(folder, 'other');
  await mkdir(other);
  await writeFile(
    path.join(other, 'a.tar'),
    await tarOf([
      ['0.cls', 'cat'],
      ['0.jpg', 'x'],
      ['1.jpg', 'x'],
      ['1.cls', '-1'],
    ]),
  );
  await rejectsWith(openTarShards(other, { imageSize: 16 }), '2 × image without a class');
  await writeFile(
    path.join(other, 'a.tar'),
    await tarOf([
      ['0.cls', '2'],
      ['0.jpg', 'x'],
    ]),
  );
  await rejectsWith(openTarShards(other, { imageSize: 16 }), 'class 0 has no image');
});

async function indexBytes(folder: string, bytes: Uint8Array): ReturnType<typeof indexTar> {
  const file = path.join(folder, 'cut.tar');
  await writeFile(file, bytes);
  return indexTar(file);
}
