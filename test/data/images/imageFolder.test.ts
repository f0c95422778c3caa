import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Preparation } from '../../../lib/data/augmentation/augmentation';
import { decodeBatch } from '../../../lib/data/decoding/decodeBatch';
import { contentsOf, openImageFolder } from '../../../lib/data/images/imageFolder';
import { imageName, selectFiles } from '../../../lib/data/images/imageFiles';
import { holdOutPlaces } from '../../../lib/data/images/imageSet';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { writeFolder } from '../pictures';

const evaluation = { for: 'evaluation', side: 16, cropShare: 1 } as const;
const training: Preparation = {
  for: 'training',
  side: 16,
  augmentation: { crop: { kind: 'resized', area: [0.3, 1], aspect: [0.75, 1.3] }, flip: true },
};

test("classes and images are in torchvision's order", async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { zebra: 1, Ant: 2, 'b c': 1 });
  await writeFolder(path.join(folder, 'Ant'), { deeper: 1 });
  await writeFile(path.join(folder, 'Ant', 'notes.txt'), 'no image');
  await symlink(path.join(folder, 'zebra'), path.join(folder, 'linked'));
  await writeFile(path.join(folder, 'readme.jpg'), 'beside the classes');
  const set = await openImageFolder(folder, { side: 16 });
  assert.deepEqual(set.classes, ['Ant', 'b c', 'linked', 'zebra']);
  assert.deepEqual(
    places(set).map((place) => path.relative(folder, imageName(set, place))),
    ['Ant/0.jpg', 'Ant/1.jpg', 'Ant/deeper/0.jpg', 'b c/0.jpg', 'linked/0.jpg', 'zebra/0.jpg'],
  );
  assert.deepEqual([...set.labels], [0, 0, 0, 1, 2, 3]);
  assert.match(set.notices.join(), /1 files are no images.*\.txt.*notes\.txt/);
});

test('a folder that cannot be used is refused with all its faults', async (context) => {
  const folder = await temporaryFolder(context);
  await rejectsWith(openImageFolder(path.join(folder, 'none'), { side: 16 }), 'none', 'no such file or folder');
  await rejectsWith(openImageFolder(folder, { side: 16 }), 'has no folders in it');
  await writeFolder(folder, { cat: 1, dog: 1 });
  await mkdir(path.join(folder, 'empty'));
  await writeFile(path.join(folder, 'empty', 'only.txt'), '');
  await rejectsWith(openImageFolder(folder, { side: 16 }), 'class empty has no image');
  await rm(path.join(folder, 'empty'), { recursive: true });
  await rejectsWith(
    openImageFolder(folder, { side: 16, classes: ['cat', 'cow', 'dog', 'elk'] }),
    'class cow of the training images is missing',
    'class elk',
  );
  await rejectsWith(openImageFolder(folder, { side: 16, classes: ['cat'] }), 'class dog is not among');
});

test('a split by seed takes of each class its share, and the parts make the whole', async (context) => {
  const set = await openImageFolder(await writeFolder(await temporaryFolder(context), { a: 10, b: 20 }), { side: 16 });
  const { rest, heldOut } = holdOutPlaces(set, 6, new Random(1));
  assert.deepEqual(
    [...rest, ...heldOut].sort((a, b) => a - b),
    places(set),
  );
  const held = selectFiles(set, heldOut);
  assert.deepEqual(
    [0, 1].map((label) => held.labels.filter((own) => own === label).length),
    [2, 4],
  );
  assert.deepEqual(
    places(held).map((place) => imageName(held, place)),
    heldOut.map((place) => imageName(set, place)),
  );
  assert.notEqual(contentsOf(held), contentsOf(set));
  assert.equal(contentsOf(selectFiles(set, places(set))), contentsOf(set));
});

test('what is drawn for an image depends on its seat in the batch alone', async (context) => {
  const set = await openImageFolder(await writeFolder(await temporaryFolder(context), { a: 4, b: 4 }), { side: 16 });
  const whole = await decodeBatch(set, Uint32Array.from(places(set)), new Random(3), training);
  const again = await decodeBatch(set, Uint32Array.from(places(set)), new Random(3), training);
  const other = await decodeBatch(set, Uint32Array.from(places(set)), new Random(4), training);
  const part = await decodeBatch(set, Uint32Array.from([0, 1, 2]), new Random(3), training);
  assert.deepEqual(again.set.images, whole.set.images);
  assert.notDeepEqual(other.set.images, whole.set.images);
  assert.deepEqual(part.set.images, whole.set.images.subarray(0, 3 * 16 * 16 * 3));
  assert.deepEqual([...whole.set.labels], [0, 0, 0, 0, 1, 1, 1, 1]);
});

test('an unreadable image is named; evaluation leaves it out, training seats the next one', async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 3, b: 2 });
  await writeFile(path.join(folder, 'a', '1.jpg'), 'no JPEG');
  await writeFile(path.join(folder, 'b', '1.jpg'), '');
  const set = await openImageFolder(folder, { side: 16 });
  const all = Uint32Array.from(places(set));
  const seen = await decodeBatch(set, all, new Random(0), evaluation);
  assert.deepEqual([...seen.places], [0, 2, 3]);
  assert.deepEqual([...seen.set.labels], [0, 0, 1]);
  assert.equal(seen.set.images.length, 3 * 16 * 16 * 3);
  assert.deepEqual(seen.unreadable.map(({ name }) => path.relative(folder, name)).sort(), ['a/1.jpg', 'b/1.jpg']);
  const sound = await decodeBatch(set, Uint32Array.from([0, 2, 3]), new Random(0), evaluation);
  assert.deepEqual(seen.set.images, sound.set.images);
  const trained = await decodeBatch(set, all, new Random(0), training);
  assert.deepEqual([...trained.places], [0, 2, 2, 3, 0]);
  assert.equal(trained.unreadable.length, 2);
});

test('where nothing can be read, training ends in words', async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 2 });
  const set = await openImageFolder(folder, { side: 16 });
  await rm(path.join(folder, 'a'), { recursive: true });
  await rejectsWith(
    decodeBatch(set, Uint32Array.from([0]), new Random(0), training),
    '2 images on end cannot be read',
    '.jpg',
  );
  assert.equal((await decodeBatch(set, Uint32Array.from([0, 1]), new Random(0), evaluation)).set.count, 0);
});

function places({ count }: { readonly count: number }): number[] {
  return Array.from({ length: count }, (_, place) => place);
}
