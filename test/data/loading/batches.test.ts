import assert from 'node:assert/strict';
import test from 'node:test';
import { cropAndFlip } from '../../../lib/data/transforms/cropAndFlip';
import { batchCount, batches, type BatchOptions } from '../../../lib/data/loading/batches';
import { disposeBatch, type Batch } from '../../../lib/data/loading/batch';
import type { InMemoryDataset } from '../../../lib/data/datasets/dataset';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { UserError } from '../../../lib/errors';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';
import { numberedImages } from '../numberedImages';

const stripes = syntheticImages(new Random(1), { count: 50, classes: 5, size: { height: 8, width: 8 } });

test('returns normalised images in order if no random stream is given', () => {
  const [first, second, third, ...more] = collect(numberedImages(5, 3), { batchSize: 2 });
  assert.equal(more.length, 0);
  assert.deepEqual([first!.indices, second!.indices, third!.indices], [[0, 1], [2, 3], [4]]);
  assert.deepEqual([first!.labels, second!.labels, third!.labels], [[0, 1], [2, 0], [1]]);
  assert.deepEqual(first!.shape, [2, 2, 2, 3]);
  assert.deepEqual(third!.shape, [1, 2, 2, 3]);
  expectClose(third!.images.slice(0, 3), [(4 / 255 - 0.1) / 0.5, (4 / 255 - 0.2) / 1, (4 / 255 - 0.3) / 2]);
});

test('an epoch contains every image once, in an order determined by the seed', () => {
  const epoch = (seed: number): number[] =>
    collect(stripes, { batchSize: 7, random: new Random(seed) }).flatMap(({ indices }) => indices);
  assert.deepEqual(
    epoch(1).sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, i) => i),
  );
  assert.deepEqual(epoch(1), epoch(1));
  assert.notDeepEqual(epoch(1), epoch(2));
});

test('resuming an epoch at any batch gives the same batches', () => {
  const options = { batchSize: 8, random: new Random(3), transform: cropAndFlip, normalisedTransform: noise };
  const whole = collect(stripes, options);
  for (const start of [0, 1, 4, 6, 7]) {
    const rest = collect(stripes, { ...options, random: new Random(3), start });
    assert.deepEqual(rest, whole.slice(start));
  }
});

test('transforms use different random numbers for each image, batch and epoch', () => {
  const same: InMemoryDataset = {
    ...stripes,
    images: Uint8Array.from(stripes.images, (_, i) => stripes.images[i % 192]!),
  };
  const drawn = [1, 2]
    .flatMap((epoch) => collect(same, { batchSize: 10, random: new Random(0).fork(epoch), transform: cropAndFlip }))
    .flatMap(({ images }) => Array.from({ length: 10 }, (_, i) => images.slice(i * 192, (i + 1) * 192).join()));
  assert.ok(new Set(drawn).size > 60, `${new Set(drawn).size} different among 100 draws of 162`);
});

test('keeps or drops a smaller last batch', () => {
  assert.deepEqual(
    collect(stripes, { batchSize: 16 }).map(({ indices }) => indices.length),
    [16, 16, 16, 2],
  );
  assert.deepEqual(
    collect(stripes, { batchSize: 16, dropLast: true }).map(({ indices }) => indices.length),
    [16, 16, 16],
  );
  assert.deepEqual([batchCount(50, 16), batchCount(50, 16, true), batchCount(48, 16), batchCount(0, 16)], [4, 3, 3, 0]);
});

test('accepts transforms that change the size of all images, but not only of some', () => {
  const [batch] = collect(stripes, {
    batchSize: 2,
    transform: () => ({ data: new Uint8Array(5 * 6 * 3), height: 5, width: 6 }),
  });
  assert.deepEqual(batch!.shape, [2, 5, 6, 3]);
  let height = 0;
  const uneven = (): { data: Uint8Array; height: number; width: number } => ({
    data: new Uint8Array(++height * 3),
    height,
    width: 1,
  });
  assert.throws(() => collect(stripes, { batchSize: 2, transform: uneven }), UserError);
});

test('never changes the images of the dataset and leaks no tensor', () => {
  const before = stripes.images.slice();
  const alive = tf.memory().numTensors;
  for (const batch of batches(stripes, {
    batchSize: 8,
    random: new Random(1),
    transform: cropAndFlip,
    normalisedTransform: noise,
  }))
    disposeBatch(batch);
  assert.equal(tf.memory().numTensors, alive);
  assert.deepEqual(stripes.images, before);
});

function noise(values: Float32Array, _size: unknown, random: Random): void {
  values[0] = random.normal();
}

interface Plain {
  readonly images: readonly number[];
  readonly labels: readonly number[];
  readonly indices: readonly number[];
  readonly shape: readonly number[];
}

function collect(set: InMemoryDataset, options: BatchOptions): Plain[] {
  return Array.from(batches(set, options), (batch: Batch) => {
    assert.equal(batch.labels.dtype, 'int32');
    const plain = {
      images: [...batch.images.dataSync()],
      labels: [...batch.labels.dataSync()],
      indices: [...batch.indices],
      shape: batch.images.shape,
    };
    disposeBatch(batch);
    return plain;
  });
}
