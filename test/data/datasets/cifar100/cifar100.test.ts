import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { cifar100Archive, loadCifar100 } from '../../../../lib/data/datasets/cifar100/cifar100';
import { readCifarArchive } from '../../../../lib/data/datasets/cifar100/archive';
import type { CifarLayout } from '../../../../lib/data/datasets/cifar100/records';
import { UserError } from '../../../../lib/errors';
import { Random } from '../../../../lib/tensor/random';
import { tarGzOf, type Member } from '../../../support/archive';
import { rejectsWith } from '../../../support/rejectsWith';
import { temporaryFolder } from '../../../support/temporaryFolder';

const layout: CifarLayout = { classes: 4, groups: 2, trainPerClass: 3, testPerClass: 1 };
const random = new Random(5);
const trainRecords = records([3, 1, 0, 2, 0, 1, 1, 2, 2, 3, 3, 0]);
const testRecords = records([2, 0, 1, 3]);
const fine = 'cat\ndog\noak\nrose\n\n';
const coarse = 'animals\nplants\n';

test('reads images, labels and class names from records in any order', async (t) => {
  const file = await put(t, archive({}));
  const { train: trainSplit, test: testSplit, classes } = await readCifarArchive(file, layout);
  assert.deepEqual(classes, ['cat', 'dog', 'oak', 'rose']);
  assert.deepEqual([...trainSplit.labels], [3, 1, 0, 2, 0, 1, 1, 2, 2, 3, 3, 0]);
  assert.deepEqual([...testSplit.labels], [2, 0, 1, 3]);
  assert.equal(trainSplit.images.length, 12 * 3072);
  for (let i = 0; i < 12; i++) {
    for (let pixel = 0; pixel < 1024; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        assert.equal(
          trainSplit.images[(i * 1024 + pixel) * 3 + channel],
          trainRecords[i * 3074 + 2 + channel * 1024 + pixel],
        );
      }
    }
  }
});

test('errors name the archive, the member and the record', async (t) => {
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(trainRecords);
    copy[at] = value;
    return copy;
  };
  const cases: readonly (readonly [Parts, ...string[]])[] = [
    [{ 'train.bin': changed(5 * 3074 + 1, 200) }, 'train.bin, record 5', 'class 200'],
    [{ 'train.bin': changed(5 * 3074, 2) }, 'train.bin, record 5', 'group 2'],
    [{ 'train.bin': changed(5 * 3074, 1) }, 'train.bin, record 5', 'group 1', 'it was in group 0'],
    [{ 'train.bin': changed(5 * 3074 + 1, 0) }, 'train.bin', 'class 0 has 4 images'],
    [{ 'test.bin': testRecords.subarray(0, 3074 * 3) }, 'test.bin', '9222 bytes', '4 records of 3074'],
    [{ 'test.bin': trainRecords }, 'test.bin', '36888 bytes'],
    [{ 'fine_label_names.txt': 'cat\ndog\n' }, 'fine_label_names.txt', 'found 2', '4'],
    [{ 'fine_label_names.txt': 'cat\ndog\ndog\nrose\n' }, 'fine_label_names.txt', 'different'],
    [{ 'coarse_label_names.txt': 'x'.repeat(200_000) }, 'coarse_label_names.txt', '200000 bytes'],
    [{ 'train.bin': null }, 'no train.bin', 'Download cifar-100-binary.tar.gz'],
    [{ 'coarse_label_names.txt': null }, 'no coarse_label_names.txt'],
  ];
  for (const [parts, ...words] of cases) {
    const file = await put(t, archive(parts));
    await rejectsWith(readCifarArchive(file, layout), file, ...words);
  }
});

test('rejects a truncated archive and one of another dataset', async (t) => {
  const whole = await archive({});
  for (let cut = 0; cut < whole.length; cut += 997) {
    await rejectsWith(
      readCifarArchive(await put(t, Promise.resolve(whole.subarray(0, cut))), layout),
      'ends too early',
    );
  }
  const cifar10: readonly Member[] = [
    ['cifar-10-batches-bin/data_batch_1.bin', testRecords],
    ['cifar-10-batches-bin/batches.meta.txt', 'airplane\n'],
  ];
  await rejectsWith(readCifarArchive(await put(t, tarGzOf(cifar10)), layout), 'not the binary archive of CIFAR-100');
});

test('random damage results in images or in a UserError', async (t) => {
  const whole = await archive({});
  const file = await put(t, Promise.resolve(whole));
  for (let i = 0; i < 100; i++) {
    const damaged = Buffer.from(whole);
    for (let k = random.integer(3); k >= 0; k--) damaged[random.integer(damaged.length)] = random.integer(256);
    await writeFile(file, damaged);
    await readCifarArchive(file, layout).catch((error: unknown) =>
      assert.ok(error instanceof UserError, String(error)),
    );
  }
});

test('finds the archive by argument, then variable, then folder, and reports a missing one', async (t) => {
  const folder = await temporaryFolder(t);
  const [argument, environment, kept] = ['a.tar.gz', 'b.tar.gz', 'cifar-100-binary.tar.gz'].map((name) =>
    path.join(folder, name),
  );
  await rejectsWith(
    withEnvironment('', () => cifar100Archive({ folder, offline: true })),
    folder,
    'CIFAR100_ARCHIVE',
  );
  for (const file of [argument!, environment!, kept!]) await writeFile(file, '');
  assert.equal(await withEnvironment(environment!, () => cifar100Archive({ archive: argument, folder })), argument);
  assert.equal(await withEnvironment(environment!, () => cifar100Archive({ folder })), environment);
  assert.equal(await withEnvironment('', () => cifar100Archive({ folder })), kept);
  await rejectsWith(
    cifar100Archive({ archive: path.join(folder, 'missing') }),
    path.join(folder, 'missing'),
    'Correct the path',
  );
  await rejectsWith(
    withEnvironment('/missing', () => cifar100Archive({ folder })),
    '/missing',
    'CIFAR100_ARCHIVE',
  );
  await rejectsWith(loadCifar100({ archive: argument }), argument!, 'ends too early');
  await mkdir(path.join(folder, 'deep'));
  await rejectsWith(loadCifar100({ archive: path.join(folder, 'deep') }), 'deep', 'folder');
});

test('the official archive has the expected sizes, class names, channel means and standard deviations', async (t) => {
  const file = process.env['CIFAR100_ARCHIVE'];
  if (!file) return t.skip('set CIFAR100_ARCHIVE to the path of cifar-100-binary.tar.gz');
  const loaded = await loadCifar100({ archive: file });
  assert.deepEqual([loaded.train.count, loaded.test.count], [50_000, 10_000]);
  assert.deepEqual(loaded.train.classes.slice(0, 3), ['apple', 'aquarium_fish', 'baby']);
  assert.equal(loaded.train.images.length, 153_600_000);
  const { images, mean, std } = loaded.train;
  for (const channel of [0, 1, 2]) {
    let sum = 0;
    let squares = 0;
    for (let i = channel; i < images.length; i += 3) {
      sum += images[i]!;
      squares += images[i]! ** 2;
    }
    const average = sum / (images.length / 3);
    assert.ok(Math.abs(average / 255 - mean[channel]!) < 1e-4, `mean ${average / 255}`);
    assert.ok(Math.abs(Math.sqrt(squares / (images.length / 3) - average ** 2) / 255 - std[channel]!) < 1e-4);
  }
});

type Parts = Readonly<
  Partial<Record<'train.bin' | 'test.bin' | 'fine_label_names.txt' | 'coarse_label_names.txt', Buffer | string | null>>
>;

async function archive(parts: Parts): Promise<Buffer> {
  const all: Parts = {
    'coarse_label_names.txt': coarse,
    'fine_label_names.txt': fine,
    'test.bin': testRecords,
    'train.bin': trainRecords,
    ...parts,
  };
  return tarGzOf(
    Object.entries(all).flatMap(([name, content]): Member[] =>
      content === null ? [] : [[`cifar-100-binary/${name}`, content]],
    ),
  );
}

/** Records of these classes, each class in the group of its half. */
function records(labels: readonly number[]): Buffer {
  return Buffer.concat(
    labels.map((label) => Buffer.from([label >> 1, label, ...Array.from({ length: 3072 }, () => random.integer(256))])),
  );
}

async function put(t: TestContext, content: Promise<Buffer>): Promise<string> {
  const file = path.join(await temporaryFolder(t), 'archive.tar.gz');
  await writeFile(file, await content);
  return file;
}

async function withEnvironment<T>(value: string, work: () => Promise<T>): Promise<T> {
  const before = process.env['CIFAR100_ARCHIVE'];
  process.env['CIFAR100_ARCHIVE'] = value;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['CIFAR100_ARCHIVE'];
    else process.env['CIFAR100_ARCHIVE'] = before;
  }
}
