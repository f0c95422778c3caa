import assert from 'node:assert/strict';
import test from 'node:test';
import { loadDatasets } from '../../../lib/data/datasets/loadDatasets';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { UnreachableError } from '../../../lib/io/download/http';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

const options = { count: 60, classes: 10, size: { height: 16, width: 16 } };

test('the seed determines every byte, and the labels are 0, 1, 2, … in turn', () => {
  const set = syntheticImages(new Random(4), options);
  assert.deepEqual(set, syntheticImages(new Random(4), options));
  assert.notDeepEqual(set.images, syntheticImages(new Random(5), options).images);
  assert.deepEqual([...set.labels.slice(0, 12)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  assert.equal(set.images.length, 60 * 16 * 16 * 3);
});

test('a nearest-centroid classifier on mean colour and brightness changes is far above chance', () => {
  const shape = { classes: 10, size: { height: 16, width: 16 } };
  const [train, other] = ['train', 'test'].map((name) =>
    syntheticImages(new Random(6).fork(name), { ...shape, count: name === 'train' ? 400 : 200 }),
  );
  const features = (set: typeof train, i: number): number[] =>
    describe(set!.images.subarray(i * 768, (i + 1) * 768), 16);
  const centres = Array.from({ length: 10 }, () => new Array<number>(5).fill(0));
  for (let i = 0; i < 400; i++) features(train, i).forEach((value, k) => (centres[i % 10]![k] += value / 40));
  let right = 0;
  for (let i = 0; i < 200; i++) {
    const own = features(other, i);
    const distances = centres.map((centre) => centre.reduce((sum, value, k) => sum + (value - own[k]!) ** 2, 0));
    if (distances.indexOf(Math.min(...distances)) === other!.labels[i]) right++;
  }
  assert.ok(right > 160, `${right} of 200`);
});

test('synthetic images always come with a notice', async (t) => {
  const folder = await temporaryFolder(t);
  const smoke = await loadDatasets('smoke');
  assert.match(smoke.notice ?? '', /^SYNTHETIC IMAGES/);
  const before = process.env['CIFAR100_ARCHIVE'];
  delete process.env['CIFAR100_ARCHIVE'];
  t.after(() => before !== undefined && (process.env['CIFAR100_ARCHIVE'] = before));
  await assert.rejects(loadDatasets('laptop', { folder, offline: true }), UnreachableError);
  const fallback = await loadDatasets('laptop', { folder, offline: true, syntheticFallback: true });
  assert.match(fallback.notice ?? '', /^SYNTHETIC IMAGES.*There is no CIFAR-100 archive/);
  assert.ok([fallback.train, fallback.test, smoke.train, smoke.test].every(({ name }) => name.startsWith('synthetic')));
  await rejectsWith(loadDatasets('laptop', { archive: '/none', syntheticFallback: true }), '/none');
});

/** Mean colour, and the mean absolute change of brightness down and to the right. */
function describe(image: Uint8Array, width: number): number[] {
  const sums = [0, 0, 0, 0, 0];
  const pixels = image.length / 3;
  for (let i = 0; i < pixels; i++) {
    for (const channel of [0, 1, 2]) sums[channel] += image[3 * i + channel]! / pixels;
    const grey = (at: number): number => image[3 * at]! + image[3 * at + 1]! + image[3 * at + 2]!;
    if (i + width < pixels) sums[3] += Math.abs(grey(i + width) - grey(i)) / pixels / 3;
    if ((i + 1) % width > 0) sums[4] += Math.abs(grey(i + 1) - grey(i)) / pixels / 3;
  }
  return sums;
}
