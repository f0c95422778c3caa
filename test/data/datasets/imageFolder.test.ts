import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import type { TransformSpec } from '../../../lib/data/transforms/transformSpec';
import { decodeImages } from '../../../lib/data/loading/decodeImages';
import { openDecoderProcesses } from '../../../lib/data/decoding/decoderProcesses';
import { contentHash, openImageFolder } from '../../../lib/data/datasets/imageFolder';
import { imageName } from '../../../lib/data/datasets/imageFile';
import { subset } from '../../../lib/data/datasets/subset';
import { holdOutIndices } from '../../../lib/data/datasets/holdOut';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { writeFolder } from '../pictures';

const processes = openDecoderProcesses();
after(() => processes.close());

const evaluation = { for: 'evaluation', imageSize: 16, cropShare: 1 } as const;
const training: TransformSpec = {
  for: 'training',
  imageSize: 16,
  augmentation: { crop: { kind: 'resized', area: [0.3, 1], aspect: [0.75, 1.3] }, flip: true },
};

test("classes and images are in torchvision's order", async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { zebra: 1, Ant: 2, 'b c': 1 });
  await writeFolder(path.join(folder, 'Ant'), { deeper: 1 });
  await writeFile(path.join(folder, 'Ant', 'notes.txt'), 'not an image');
  await symlink(path.join(folder, 'zebra'), path.join(folder, 'linked'));
  await writeFile(path.join(folder, 'readme.jpg'), 'beside the classes');
  const dataset = await openImageFolder(folder, { imageSize: 16 });
  assert.deepEqual(dataset.classes, ['Ant', 'b c', 'linked', 'zebra']);
  assert.deepEqual(
    allIndices(dataset).map((index) => path.relative(folder, imageName(dataset, index))),
    ['Ant/0.jpg', 'Ant/1.jpg', 'Ant/deeper/0.jpg', 'b c/0.jpg', 'linked/0.jpg', 'zebra/0.jpg'],
  );
  assert.deepEqual([...dataset.labels], [0, 0, 0, 1, 2, 3]);
  assert.deepEqual(
    dataset.leftOut.map(({ count, example }) => [count, example]),
    [
      [1, 'readme.jpg'],
      [1, path.join('Ant', 'notes.txt')],
    ],
  );
});

test('rejects an unusable folder and lists all problems', async (context) => {
  const folder = await temporaryFolder(context);
  await rejectsWith(openImageFolder(path.join(folder, 'none'), { imageSize: 16 }), 'none', 'no such file or folder');
  await rejectsWith(openImageFolder(folder, { imageSize: 16 }), 'contains no folders');
  await writeFolder(folder, { cat: 1, dog: 1 });
  await mkdir(path.join(folder, 'empty'));
  await writeFile(path.join(folder, 'empty', 'only.txt'), '');
  await rejectsWith(openImageFolder(folder, { imageSize: 16 }), 'class empty has no image');
  await rm(path.join(folder, 'empty'), { recursive: true });
  await rejectsWith(
    openImageFolder(folder, { imageSize: 16, classes: ['cat', 'cow', 'dog', 'elk'] }),
    'class cow of the training images is missing',
    'class elk',
  );
  await rejectsWith(openImageFolder(folder, { imageSize: 16, classes: ['cat'] }), 'class dog is not among');
});

test('holds out the same share of every class; both parts together are the whole dataset', async (context) => {
  const dataset = await openImageFolder(await writeFolder(await temporaryFolder(context), { a: 10, b: 20 }), {
    imageSize: 16,
  });
  const { rest, heldOut } = holdOutIndices(dataset, 6, new Random(1));
  assert.deepEqual(
    [...rest, ...heldOut].sort((a, b) => a - b),
    allIndices(dataset),
  );
  const held = subset(dataset, heldOut);
  assert.deepEqual(
    [0, 1].map((label) => held.labels.filter((own) => own === label).length),
    [2, 4],
  );
  assert.deepEqual(
    allIndices(held).map((index) => imageName(held, index)),
    heldOut.map((index) => imageName(dataset, index)),
  );
  assert.notEqual(contentHash(held), contentHash(dataset));
  assert.equal(contentHash(subset(dataset, allIndices(dataset))), contentHash(dataset));
});

test('the random crop of an image depends only on the seed and its position in the batch', async (context) => {
  const dataset = await openImageFolder(await writeFolder(await temporaryFolder(context), { a: 4, b: 4 }), {
    imageSize: 16,
  });
  const whole = await decodeImages(dataset, Uint32Array.from(allIndices(dataset)), new Random(3), training, processes);
  const again = await decodeImages(dataset, Uint32Array.from(allIndices(dataset)), new Random(3), training, processes);
  const other = await decodeImages(dataset, Uint32Array.from(allIndices(dataset)), new Random(4), training, processes);
  const part = await decodeImages(dataset, Uint32Array.from([0, 1, 2]), new Random(3), training, processes);
  assert.deepEqual(again.images.images, whole.images.images);
  assert.notDeepEqual(other.images.images, whole.images.images);
  assert.deepEqual(part.images.images, whole.images.images.subarray(0, 3 * 16 * 16 * 3));
  assert.deepEqual([...whole.images.labels], [0, 0, 0, 0, 1, 1, 1, 1]);
});

test('reports unreadable images, which evaluation leaves out and training replaces', async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 3, b: 2 });
  await writeFile(path.join(folder, 'a', '1.jpg'), 'not a JPEG');
  await writeFile(path.join(folder, 'b', '1.jpg'), '');
  const dataset = await openImageFolder(folder, { imageSize: 16 });
  const all = Uint32Array.from(allIndices(dataset));
  const seen = await decodeImages(dataset, all, new Random(0), evaluation, processes);
  assert.deepEqual([...seen.indices], [0, 2, 3]);
  assert.deepEqual([...seen.images.labels], [0, 0, 1]);
  assert.equal(seen.images.images.length, 3 * 16 * 16 * 3);
  assert.deepEqual(seen.unreadable.map(({ name }) => path.relative(folder, name)).sort(), ['a/1.jpg', 'b/1.jpg']);
  const sound = await decodeImages(dataset, Uint32Array.from([0, 2, 3]), new Random(0), evaluation, processes);
  assert.deepEqual(seen.images.images, sound.images.images);
  const trained = await decodeImages(dataset, all, new Random(0), training, processes);
  assert.deepEqual([...trained.indices], [0, 2, 2, 3, 0]);
  assert.equal(trained.unreadable.length, 2);
});

test('training fails with a UserError if no image can be read', async (context) => {
  const folder = await writeFolder(await temporaryFolder(context), { a: 1, b: 1 });
  const dataset = await openImageFolder(folder, { imageSize: 16 });
  for (const name of ['a', 'b']) await rm(path.join(folder, name), { recursive: true });
  await rejectsWith(
    decodeImages(dataset, Uint32Array.from([0]), new Random(0), training, processes),
    '2 consecutive images cannot be read',
    '.jpg',
  );
  assert.equal(
    (await decodeImages(dataset, Uint32Array.from([0, 1]), new Random(0), evaluation, processes)).images.count,
    0,
  );
});

function allIndices({ count }: { readonly count: number }): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
