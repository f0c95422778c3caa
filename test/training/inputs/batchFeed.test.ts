import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeBatch } from '../../../lib/data/loading/batch';
import { isNative } from '../../../lib/tensor/engine/native';
import * as tf from '../../../lib/tensor/engine/tf';
import { BatchFeed, type BatchFeedOptions } from '../../../lib/training/inputs/batchFeed';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';
import { imagesAndLabels } from '../../../lib/training/step/labelledBatch';
import { images, tinyRecipe } from '../example';

const strong: Partial<RecipeInput> = {
  imageSize: 48,
  augmentation: { crop: { kind: 'resized' }, randAugment: { magnitude: 9 }, erasing: 0.25 },
};

interface Plain {
  readonly indices: readonly number[];
  readonly shape: readonly number[];
  readonly sum: readonly number[];
}

async function collect(
  changes: Partial<RecipeInput>,
  workers: number,
  from = { epoch: 0, step: 0 },
  options: BatchFeedOptions = {},
): Promise<Plain[]> {
  const feed = new BatchFeed(tinyRecipe(changes), images, { workers, ...options });
  const all: Plain[] = [];
  for await (const batch of feed.training(from)) {
    tf.tidy(() => {
      const given = imagesAndLabels(batch, 1).images;
      all.push({ indices: [...batch.indices], shape: given.shape, sum: [...given.dataSync()] });
    });
    disposeBatch(batch);
  }
  await feed.close();
  return all;
}

test('yields the same bits with no worker, one or two', async () => {
  const [own, one, two] = [await collect(strong, 0), await collect(strong, 1), await collect(strong, 2)];
  assert.equal(own.length, 8);
  assert.deepEqual(own[0]!.shape, [8, 48, 48, 3]);
  assert.deepEqual(one, own);
  assert.deepEqual(two, own);
});

for (const augmentation of [
  'none',
  'crop-flip',
  { crop: { kind: 'padded', padding: 40 }, flip: false },
  { flip: true },
] as const) {
  test(
    `the device augments to the same bits: ${JSON.stringify(augmentation)}`,
    { skip: isNative() ? false : 'needs the native engine' },
    async () => {
      const start = { epoch: 0, step: 0 };
      const plain = await collect({ augmentation }, 0);
      for (const workers of [0, 1])
        assert.deepEqual(await collect({ augmentation }, workers, start, { augmentOnDevice: true }), plain);
    },
  );
}

test('the device augments only what is cropped and flipped, and sees one quarter of the values', async () => {
  const values = async (changes: Partial<RecipeInput>): Promise<number> => {
    const feed = new BatchFeed(tinyRecipe(changes), images, { augmentOnDevice: true });
    let size = 0;
    for await (const batch of feed.training({ epoch: 1, step: 3 })) {
      const { images: given } = batch;
      size = given instanceof tf.Tensor ? given.size : given.bytes.size;
      disposeBatch(batch);
    }
    await feed.close();
    return size;
  };
  assert.equal(await values({}), (8 * 32 * 32 * 3) / 4);
  for (const changes of [
    { imageSize: 48 },
    { augmentation: { erasing: 0.25 } },
    { augmentation: { colourJitter: 0.4 } },
  ])
    assert.equal(await values(changes), 8 * (changes.imageSize ?? 32) ** 2 * 3);
});

test('yields the same batches after a resume', async () => {
  const whole = await collect(strong, 0);
  assert.deepEqual(await collect(strong, 2, { epoch: 0, step: 3 }), whole.slice(3));
  assert.deepEqual(await collect(strong, 0, { epoch: 1, step: 0 }), whole.slice(4));
});

test('yields every image once an epoch, or with repeats a part of them with other augmentations', async () => {
  const counts = (batches: readonly Plain[]): Map<number, number> =>
    batches
      .flatMap(({ indices }) => indices)
      .reduce((map, index) => map.set(index, (map.get(index) ?? 0) + 1), new Map<number, number>());
  assert.deepEqual([...counts((await collect({}, 0)).slice(0, 4)).values()], Array(32).fill(1));
  const repeated = (await collect({ repeats: 4, augmentation: { crop: { kind: 'resized' } } }, 0)).slice(0, 4);
  assert.deepEqual([...counts(repeated).values()], Array(8).fill(4));
  const size = 32 * 32 * 3;
  assert.notDeepEqual(repeated[0]!.sum.slice(0, size), repeated[0]!.sum.slice(size, 2 * size));
});

test('puts repeats of an image into different micro-batches', async () => {
  const [batch] = await collect({ repeats: 4, accumulation: 4, augmentation: { crop: { kind: 'resized' } } }, 0);
  const micros = Array.from({ length: 4 }, (_, i) => batch!.indices.slice(2 * i, 2 * i + 2));
  for (const micro of micros) assert.deepEqual([...micro].sort(), [...micros[0]!].sort());
  assert.equal(new Set(micros[0]).size, 2);
});

test('yields test images once and in order, resized and cropped if the recipe has another size', async () => {
  const feed = new BatchFeed(tinyRecipe(strong), images, { workers: 1 });
  const seen: number[] = [];
  for await (const batch of feed.test()) {
    seen.push(...batch.indices);
    assert.deepEqual(batch.images.shape.slice(1), [48, 48, 3]);
    disposeBatch(batch);
  }
  await feed.close();
  assert.deepEqual(
    seen,
    Array.from({ length: 16 }, (_, i) => i),
  );
});

test('closes at any time', async () => {
  const before = tf.memory().numTensors;
  const feed = new BatchFeed(tinyRecipe(strong), images, { workers: 1 });
  for await (const batch of feed.training({ epoch: 0, step: 0 })) {
    disposeBatch(batch);
    break;
  }
  await feed.close();
  assert.equal(tf.memory().numTensors, before);
});
