import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../../../lib/errors';
import { batches } from '../../../lib/data/loading/batches';
import { disposeBatch } from '../../../lib/data/loading/batch';
import type { InMemoryDataset } from '../../../lib/data/datasets/dataset';
import { centreCrop, imageNetPreprocessing, resizeAndCrop } from '../../../lib/data/transforms/preprocessing';
import { resize } from '../../../lib/data/transforms/resize';
import type { Pixels } from '../../../lib/data/image';
import { fill } from '../../../lib/reference/fill';
import { Random } from '../../../lib/tensor/random';
import { resamplingTaps } from '../../../lib/tensor/resampling';
import { expectClose } from '../../support/close';

const rgb = z.tuple([z.number(), z.number(), z.number()]);
const stored = z
  .object({
    mean: rgb,
    std: rgb,
    cases: z.array(
      z.object({
        height: z.number(),
        width: z.number(),
        imageSize: z.number(),
        cropShare: z.number(),
        interpolation: z.enum(['bicubic', 'bilinear']),
        bytes: z.string(),
        first: z.array(z.number()),
        normalised: z.array(z.number()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(__dirname, 'preprocessing.json'), 'utf8')));

const random = new Random(1);

function picture(height: number, width: number): Pixels {
  const values = fill(`image ${height}x${width}`, height * width * 3);
  return { data: Uint8Array.from(values, (u) => Math.floor(128 * (u + 1))), height, width };
}

function datasetOf(image: Pixels): InMemoryDataset {
  return {
    name: 'test',
    images: image.data,
    labels: Uint8Array.of(0),
    count: 1,
    size: image,
    classes: ['a'],
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
}

for (const { height, width, bytes, first, normalised, ...options } of stored.cases) {
  const { imageSize, interpolation, cropShare } = options;
  const title = `${height} × ${width} to ${imageSize}, ${interpolation}, crop ${cropShare}`;
  test(`${title}: equals Pillow and timm byte for byte`, () => {
    const image = picture(height, width);
    const result = resizeAndCrop(options)(image, random);
    assert.deepEqual([...result.data.subarray(0, 6)], first);
    assert.equal(createHash('sha256').update(result.data).digest('hex'), bytes);
    for (const batch of batches(
      { ...datasetOf(image), mean: stored.mean, std: stored.std },
      { batchSize: 1, transform: resizeAndCrop(options) },
    )) {
      expectClose(batch.images.dataSync().slice(0, 6), normalised, { absolute: 1e-6 });
      disposeBatch(batch);
    }
  });
}

test('resizing to the same size changes nothing, and a uniform image stays uniform', () => {
  const image = picture(13, 7);
  assert.deepEqual(resize(image, image, 'bicubic'), { data: image.data, height: 13, width: 7 });
  const uniform: Pixels = { data: new Uint8Array(11 * 5 * 3).fill(137), height: 11, width: 5 };
  assert.ok(resize(uniform, { height: 30, width: 2 }, 'bicubic').data.every((byte) => byte === 137));
});

test('resampling weights sum to 1, are symmetric, and match the tent filter at half size', () => {
  for (const [from, to] of [
    [32, 224],
    [224, 32],
    [7, 5],
    [1, 4],
  ] as const) {
    const taps = resamplingTaps(from, to, 'bicubic');
    const dense = taps.map(({ first, weights }) => Array.from({ length: from }, (_, i) => weights[i - first] ?? 0));
    taps.forEach(({ first, weights }, i) => {
      assert.ok(first >= 0 && first + weights.length <= from);
      expectClose(
        weights.reduce((a, b) => a + b, 0),
        1,
        { absolute: 1e-12 },
      );
      expectClose(dense[i]!, [...dense[to - 1 - i]!].reverse(), { absolute: 1e-12 });
    });
  }
  expectClose(resamplingTaps(8, 4, 'bilinear')[1]!.weights, [1 / 8, 3 / 8, 3 / 8, 1 / 8]);
});

test('takes the centre of an image and pads smaller images with black', () => {
  const image = picture(6, 9);
  const pixel = ({ data, width }: Pixels, y: number, x: number): number[] => [
    ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];
  const small = centreCrop(3)(image, random);
  // Half of 3 is rounded to 2, half of 6 is 3.
  assert.deepEqual(pixel(small, 0, 0), pixel(image, 2, 3));
  const large = centreCrop(11)(image, random);
  assert.deepEqual([large.height, large.width], [11, 11]);
  assert.deepEqual(pixel(large, 2, 1), pixel(image, 0, 0));
  assert.deepEqual(pixel(large, 0, 5), [0, 0, 0]);
});

test('rejects crop shares outside (0, 1] and fractional image sizes', () => {
  assert.throws(() => resizeAndCrop({ ...imageNetPreprocessing, cropShare: 0 }), UserError);
  assert.throws(() => resizeAndCrop({ ...imageNetPreprocessing, cropShare: 1.1 }), UserError);
  assert.throws(() => resizeAndCrop({ ...imageNetPreprocessing, imageSize: 2.5 }), UserError);
});
