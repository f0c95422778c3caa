import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { imageName, readImage, selectFiles } from '../../../lib/data/images/imageFiles';
import { openTarShards } from '../../../lib/data/images/tarShards';
import { indexTar } from '../../../lib/io/tar/indexTar';
import { tarOf, type Member } from '../../support/archive';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { jpegOf, picture } from '../pictures';

test("images of several archives are found with their classes, in webdataset's manner", async (context) => {
  const folder = await temporaryFolder(context);
  const [first, second] = [await jpegOf(picture(0)), await jpegOf(picture(1))];
  const long = `${'deep/'.repeat(30)}image.name`;
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
      [`${long}.seg.png`, second],
      [`${long}.cls`, '1'],
      ['lonely.jpg', first],
    ]),
  );
  const set = await openTarShards(folder, { side: 16 });
  assert.deepEqual([...set.labels], [0, 1, 1]);
  assert.deepEqual(set.classes, ['0', '1']);
  assert.deepEqual(await Promise.all([0, 1, 2].map((place) => readImage(set, place))), [first, second, second]);
  assert.deepEqual(imageName(set, 2), `${path.join(folder, 'b.tar')}, 3.jpeg`);
  assert.match(set.notices.join(), /a\.tar: 1 images have no class.*lonely\.jpg/);
  assert.deepEqual(await readImage(selectFiles(set, [2, 0]), 1), first);
  await writeFile(path.join(folder, 'classes.txt'), 'cat\ndog\n');
  assert.deepEqual((await openTarShards(folder, { side: 16 })).classes, ['cat', 'dog']);
  await rejectsWith(openTarShards(folder, { side: 16, classes: ['cat'] }), 'class 1 is not among the 1');
  await rejectsWith(
    openTarShards(folder, { side: 16, classes: ['cat', 'dog', 'elk'] }),
    'class elk of the training images is missing',
  );
});

test('an archive cut at any byte gives its whole images, and says that it is cut', async (context) => {
  const folder = await temporaryFolder(context);
  const members: Member[] = [
    ['0.cls', '0'],
    ['0.jpg', 'x'.repeat(700)],
    ['1.cls', '0'],
    ['1.jpg', 'y'.repeat(100)],
  ];
  const tar = await tarOf(members);
  const whole = await indexed(folder, tar);
  assert.equal(whole.error, undefined);
  assert.deepEqual(
    whole.members.map(({ name }) => name),
    members.map(([name]) => name),
  );
  const ends = whole.members.map(({ start, size }) => start + size);
  const padded = Math.ceil(ends[3]! / 512) * 512;
  for (let length = 0; length < tar.length; length += length % 512 > 2 && length % 512 < 500 ? 37 : 1) {
    const { members: found, error: fault } = await indexed(folder, tar.subarray(0, length));
    assert.equal(found.length, ends.filter((end) => end <= length).length, `members at ${length}`);
    assert.equal(fault === undefined, length >= padded + 512, `fault at ${length}: ${fault}`);
  }
});

test('what is no archive of images is refused', async (context) => {
  const folder = await temporaryFolder(context);
  await rejectsWith(openTarShards(path.join(folder, 'none'), { side: 16 }), 'no such file or folder');
  await rejectsWith(openTarShards(folder, { side: 16 }), 'holds no .tar archive');
  await writeFile(path.join(folder, 'a.tar'), 'no archive'.repeat(100));
  await rejectsWith(openTarShards(folder, { side: 16 }), 'hold no image with its class', 'damaged');
  await writeFile(path.join(folder, 'a.tar'), gzipSync(await tarOf([['0.cls', '0']])));
  await rejectsWith(openTarShards(folder, { side: 16 }), 'is compressed', 'gunzip');
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
  await rejectsWith(openTarShards(other, { side: 16 }), '2 images have no class');
  await writeFile(
    path.join(other, 'a.tar'),
    await tarOf([
      ['0.cls', '2'],
      ['0.jpg', 'x'],
    ]),
  );
  await rejectsWith(openTarShards(other, { side: 16 }), 'class 0 has no image');
});

async function indexed(folder: string, bytes: Uint8Array): ReturnType<typeof indexTar> {
  const file = path.join(folder, 'cut.tar');
  await writeFile(file, bytes);
  return indexTar(file);
}
