import assert from 'node:assert/strict';
import test from 'node:test';
import { flip, randomCrop, randomFlip, cropOrPad } from '../../../lib/data/transforms/cropAndFlip';
import { compose } from '../../../lib/data/transforms/transform';
import type { Pixels } from '../../../lib/data/image';
import { Random } from '../../../lib/tensor/random';

/** 3 × 4; pixel (row, column) is (10 · row + column + 1, +100, +200). */
const image: Pixels = {
  data: Uint8Array.from(
    { length: 36 },
    (_, i) => 10 * Math.floor(i / 12) + (Math.floor(i / 3) % 4) + 1 + 100 * (i % 3),
  ),
  height: 3,
  width: 4,
};

test('flips horizontally, keeps the channels, and is its own inverse', () => {
  assert.deepEqual(reds(flip(image)), [
    [4, 3, 2, 1],
    [14, 13, 12, 11],
    [24, 23, 22, 21],
  ]);
  assert.deepEqual([...flip(image).data.slice(0, 3)], [4, 104, 204]);
  assert.deepEqual(flip(flip(image)), image);
});

test('pads a crop with black where it lies outside the image', () => {
  assert.deepEqual(reds(cropOrPad(image, 0, 0, image)), reds(image));
  assert.deepEqual(reds(cropOrPad(image, 1, 2, { height: 1, width: 2 })), [[13, 14]]);
  assert.deepEqual(reds(cropOrPad(image, -1, -2, { height: 3, width: 4 })), [
    [0, 0, 0, 0],
    [0, 0, 1, 2],
    [0, 0, 11, 12],
  ]);
  assert.deepEqual(reds(cropOrPad(image, 2, 3, { height: 2, width: 2 })), [
    [24, 0],
    [0, 0],
  ]);
  assert.deepEqual(reds(cropOrPad(image, 5, 9, { height: 1, width: 2 })), [[0, 0]]);
  assert.deepEqual(reds(cropOrPad(image, 0, -9, { height: 1, width: 2 })), [[0, 0]]);
});

test('draws every offset of a random crop equally often', () => {
  const random = new Random(1);
  const crop = randomCrop(1);
  const seen = new Map<string, number>();
  for (let i = 0; i < 9000; i++) {
    const key = crop(image, random).data.join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  assert.equal(seen.size, 9);
  for (const count of seen.values()) assert.ok(count > 850 && count < 1150, `${count} of 9000`);
});

test('flips half of the images', () => {
  const random = new Random(2);
  let flipped = 0;
  for (let i = 0; i < 2000; i++) if (randomFlip()(image, random) !== image) flipped++;
  assert.ok(flipped > 900 && flipped < 1100, `${flipped} of 2000`);
});

test('composes transforms from left to right and does not change its input', () => {
  const before = image.data.slice();
  const random = new Random(3);
  const shifted = compose((pixels) => cropOrPad(pixels, 0, 1, pixels), flip);
  assert.deepEqual(reds(shifted(image, random))[0], [0, 4, 3, 2]);
  compose(randomCrop(2), randomFlip())(image, random);
  assert.deepEqual(image.data, before);
  assert.equal(compose()(image, random), image);
});

function reds({ data, height, width }: Pixels): number[][] {
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_column, column) => data[(row * width + column) * 3]!),
  );
}
