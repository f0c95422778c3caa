import assert from 'node:assert/strict';
import test from 'node:test';
import { colourJitter } from '../../../lib/data/transforms/colourJitter';
import type { Rgb } from '../../../lib/data/image';
import { randAugment, randAugmentOperations } from '../../../lib/data/transforms/randAugment';
import { randomErasing } from '../../../lib/data/transforms/randomErasing';
import { randomBox, randomResizedCrop } from '../../../lib/data/transforms/randomResizedCrop';
import { resize } from '../../../lib/data/transforms/resize';
import type { Pixels } from '../../../lib/data/image';
import { Random } from '../../../lib/tensor/random';

const fill: Rgb = [129, 124, 112];
const noise = new Random(0);
const image: Pixels = {
  data: Uint8Array.from({ length: 24 * 16 * 3 }, () => noise.integer(256)),
  height: 24,
  width: 16,
};

test("RandAugment has timm's fifteen operations, and each keeps the image size", () => {
  const random = new Random(1);
  assert.equal(Object.keys(randAugmentOperations).length, 15);
  for (const [name, operation] of Object.entries(randAugmentOperations)) {
    for (const level of [0, 0.5, 0.9, 1]) {
      const { data, height, width } = operation(image, level, { random, fill });
      assert.deepEqual([data.length, height, width], [image.data.length, 24, 16], name);
    }
  }
});

test('operations whose effect grows with the level change nothing at level 0', () => {
  const random = new Random(2);
  const constant = ['AutoContrast', 'Equalize', 'Invert', 'PosterizeIncreasing'];
  for (const [name, operation] of Object.entries(randAugmentOperations)) {
    if (!constant.includes(name)) assert.deepEqual(operation(image, 0, { random, fill }).data, image.data, name);
  }
  const posterized = randAugmentOperations.PosterizeIncreasing(image, 0).data;
  assert.ok(posterized.every((byte, i) => byte === (image.data[i]! & 0xf0)));
  assert.ok(randAugmentOperations.PosterizeIncreasing(image, 1).data.every((byte) => byte === 0));
});

test('RandAugment depends only on its seed, skips a quarter of the images, and does not change its input', () => {
  const transform = randAugment({ magnitude: 9, std: 0.5, fill });
  const before = image.data.slice();
  const random = new Random(3);
  let same = 0;
  for (let seed = 0; seed < 1000; seed++) if (transform(image, random) === image) same++;
  assert.ok(same > 200 && same < 300, `${same} of 1000 unchanged`);
  assert.deepEqual(transform(image, new Random(4)), transform(image, new Random(4)));
  assert.deepEqual(image.data, before);
});

test('random erasing fills one rectangle of the specified size with normal noise at the specified rate', () => {
  const random = new Random(5);
  const size = { height: 32, width: 32 };
  let erased = 0;
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let i = 0; i < 2000; i++) {
    const values = new Float32Array(32 * 32 * 3).fill(99);
    randomErasing(0.25)(values, size, random);
    const changed = [...values.keys()].filter((index) => values[index] !== 99);
    if (changed.length === 0) continue;
    erased++;
    const rows = changed.map((index) => Math.floor(index / 96));
    const columns = changed.map((index) => Math.floor(index / 3) % 32);
    const [boxHeight, boxWidth] = [rows, columns].map((all) => Math.max(...all) - Math.min(...all) + 1);
    assert.equal(boxHeight! * boxWidth! * 3, changed.length, 'a full rectangle');
    assert.ok(
      boxHeight! * boxWidth! > 0.01 * 1024 && boxHeight! * boxWidth! < 0.36 * 1024,
      `${boxHeight} × ${boxWidth}`,
    );
    for (const index of changed) {
      sum += values[index]!;
      squares += values[index]! ** 2;
    }
    count += changed.length;
  }
  assert.ok(Math.abs(erased / 2000 - 0.25) < 0.03, `${erased} of 2000`);
  assert.ok(Math.abs(sum / count) < 0.01 && Math.abs(squares / count - 1) < 0.02);
});

test('random boxes lie inside the image and have the specified areas and aspect ratios', () => {
  const random = new Random(6);
  const areas: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const { top, left, height, width } = randomBox({ height: 200, width: 300 }, [0.08, 1], [3 / 4, 4 / 3], random);
    assert.ok(top >= 0 && left >= 0 && top + height <= 200 && left + width <= 300);
    assert.ok(width / height > 0.72 && width / height < 1.36, `${width} × ${height}`);
    areas.push((height * width) / 60_000);
  }
  assert.ok(Math.min(...areas) < 0.1 && Math.min(...areas) > 0.075 && Math.max(...areas) > 0.6);
});

test('takes the largest allowed box in the centre if no random box fits', () => {
  const random = new Random(7);
  assert.deepEqual(randomBox({ height: 10, width: 100 }, [1, 1], [3 / 4, 4 / 3], random), {
    top: 0,
    left: 43,
    height: 10,
    width: 13,
  });
  assert.deepEqual(randomBox({ height: 100, width: 10 }, [1, 1], [3 / 4, 4 / 3], random), {
    top: 43,
    left: 0,
    height: 13,
    width: 10,
  });
  const one = randomBox({ height: 1, width: 1 }, [0.08, 1], [3 / 4, 4 / 3], random);
  assert.deepEqual(one, { top: 0, left: 0, height: 1, width: 1 });
});

test('a resized crop of the whole image equals the resized image', () => {
  const square: Pixels = { data: image.data.subarray(0, 16 * 16 * 3), height: 16, width: 16 };
  const cropped = randomResizedCrop(40, [1, 1], [1, 1])(square, new Random(8));
  const expected = (['bilinear', 'bicubic'] as const).map((filter) =>
    resize(square, { height: 40, width: 40 }, filter),
  );
  assert.ok(expected.some(({ data }) => Buffer.from(data).equals(Buffer.from(cropped.data))));
});

test('colour jitter of strength 0 changes nothing; otherwise order and factors are random', () => {
  assert.deepEqual(colourJitter(0)(image, new Random(9)).data, image.data);
  const random = new Random(10);
  assert.equal(new Set(Array.from({ length: 50 }, () => colourJitter(0.4)(image, random).data.join())).size, 50);
});
