import assert from 'node:assert/strict';
import test from 'node:test';
import { drawMix, mixBatch, mixByTensor, mixImages, mixLabels, planTensor } from '../../../lib/data/transforms/mix';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';
import { expectNoLeak } from '../../support/leaks';

const timm = { mixup: 0.8, cutmix: 1, labelSmoothing: 0.1 };
const size = { height: 6, width: 8 };
const images = tf.tensor4d(
  Float32Array.from({ length: 4 * 144 }, (_, i) => Math.floor(i / 144) + 0.25),
  [4, 6, 8, 3],
);
const labels = tf.tensor1d([2, 0, 1, 1], 'int32');

test('mixup returns the weighted mean with the image at the opposite end of the batch', () => {
  const mixed = mixImages(images, { share: 0.75 });
  expectClose(tf.slice(tf.reshape(mixed, [4, 144]), [0, 0], [4, 1]), tf.tensor2d([[1], [1.5], [2], [2.5]]));
});

test('CutMix takes only the rectangle from the image at the opposite end of the batch', () => {
  const mixed = mixImages(images, { share: 0.5, box: { top: 1, bottom: 3, left: 4, right: 8 } }).arraySync();
  mixed.forEach((image, i) =>
    image.forEach((row, y) =>
      row.forEach((pixel, x) => {
        const inside = y >= 1 && y < 3 && x >= 4;
        assert.deepEqual(pixel, Array<number>(3).fill((inside ? 3 - i : i) + 0.25));
      }),
    ),
  );
});

test('smooths labels like timm and mixes them by the same share', () => {
  const rest = 0.1 / 3;
  const on = 0.9 + rest;
  const row = (own: number, other: number): number[] =>
    [0, 1, 2].map((label) => 0.6 * (label === own ? on : rest) + 0.4 * (label === other ? on : rest));
  expectClose(mixLabels(labels, 3, 0.6, 0.1), tf.tensor2d([row(2, 1), row(0, 1), row(1, 0), row(1, 2)]));
});

test('the share of CutMix equals the share of kept pixels, and rectangles stay inside the image', () => {
  const random = new Random(1);
  for (let i = 0; i < 2000; i++) {
    const { share, box } = drawMix(size, random, { ...timm, mixup: 0 });
    assert.ok(box);
    assert.ok(
      box.top >= 0 &&
        box.bottom <= 6 &&
        box.left >= 0 &&
        box.right <= 8 &&
        box.top <= box.bottom &&
        box.left <= box.right,
    );
    assert.equal(share, 1 - ((box.bottom - box.top) * (box.right - box.left)) / 48);
  }
});

test('chooses mixup and CutMix equally often, with the mean and variance of the beta distribution', () => {
  const random = new Random(2);
  const shares: number[] = [];
  let cuts = 0;
  for (let i = 0; i < 4000; i++) {
    const { share, box } = drawMix({ height: 224, width: 224 }, random, timm);
    if (box) cuts++;
    else shares.push(share);
  }
  assert.ok(Math.abs(cuts / 4000 - 0.5) < 0.03, `${cuts} of 4000`);
  const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
  const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / shares.length;
  assert.ok(
    Math.abs(mean - 0.5) < 0.03 && Math.abs(variance - 0.25 / (2 * 0.8 + 1)) < 0.01,
    `mean ${mean}, variance ${variance}`,
  );
});

test('returns the images unchanged if both parameters are 0', () => {
  const mixed = mixBatch({ images, labels }, 3, new Random(3), { mixup: 0, cutmix: 0, labelSmoothing: 0 });
  expectClose(mixed.images, images);
  expectClose(
    mixed.targets,
    tf.tensor2d([
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
    ]),
  );
});

test('targets sum to 1, equal seeds give equal results, and no tensor leaks', () => {
  for (let seed = 0; seed < 20; seed++) {
    expectNoLeak(() => {
      const { images: mixed, targets } = mixBatch({ images, labels }, 3, new Random(seed), timm);
      return [mixed, targets];
    });
    const [one, two] = [0, 1].map(() => mixBatch({ images, labels }, 3, new Random(seed), timm));
    expectClose(one!.images, two!.images, { relative: 0, absolute: 0 });
    expectClose(tf.sum(one!.targets, 1), tf.ones([4]));
  }
  assert.equal(images.isDisposed, false);
});

test('a plan as a tensor mixes to the same bits', () => {
  const randomOf = (call: number): Random => new Random(5).fork(call);
  const mixing = { ...timm, labelSmoothing: 0 };
  let cuts = 0;
  for (let call = 0; call < 20; call++) {
    const plan = drawMix(size, randomOf(call), mixing);
    if (plan.box) cuts++;
    expectNoLeak(() => {
      const tensor = planTensor(plan);
      const mixed = mixByTensor({ images, labels }, 3, tensor);
      tensor.dispose();
      tf.tidy(() => {
        const expected = mixBatch({ images, labels }, 3, randomOf(call), mixing);
        expectClose(mixed.images, expected.images, { relative: 0, absolute: 0 });
        expectClose(mixed.targets, expected.targets, { relative: 0, absolute: 0 });
      });
      return [mixed.images, mixed.targets];
    });
  }
  assert.ok(cuts > 0 && cuts < 20);
});
