import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openImageFolder } from '../../../lib/data/datasets/imageFolder';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { writeImageFolder } from '../../../lib/data/datasets/writeImageFolder';
import { sampleBatches, type ImageFormat } from '../../../lib/runs/studies/sampleBatches';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';
import { temporaryFolder } from '../../support/temporaryFolder';

const images = syntheticImages(new Random(0), { count: 8, classes: 2, size: { height: 16, width: 16 } });
const indices = Uint32Array.of(5, 0, 3, 6, 2);

async function all(dataset: Parameters<typeof sampleBatches>[0], format: ImageFormat): Promise<tf.Tensor4D[]> {
  const found: tf.Tensor4D[] = [];
  for await (const batch of sampleBatches(dataset, indices, 2, format)) found.push(tf.clone(batch));
  return found;
}

test('images come in the given order and batches, resized and normalised for the network', async () => {
  const plain = await all(images, { imageSize: 16 });
  assert.deepEqual(
    plain.map(({ shape }) => shape),
    [2, 2, 1].map((count) => [count, 16, 16, 3]),
  );
  const normalisation = { mean: [0, 0, 0], std: [2, 2, 2] } as const;
  const [first] = await all(images, { imageSize: 32, normalisation });
  assert.deepEqual(first!.shape, [2, 32, 32, 3]);
  const [own] = await all({ ...images, mean: [0, 0, 0], std: [1, 1, 1] }, { imageSize: 32 });
  expectClose(tf.mul(first!, 2), own!);
});

test('a folder of images gives the same images to two networks of different sizes', async (context) => {
  const folder = await temporaryFolder(context);
  await writeImageFolder(images, folder);
  const dataset = await openImageFolder(folder, {
    imageSize: 16,
    normalisation: { mean: images.mean, std: images.std },
  });
  const small = await all(dataset, { imageSize: 16 });
  const large = await all(dataset, { imageSize: 24 });
  assert.deepEqual(
    [small, large].map((batches) => batches.map(({ shape }) => shape[0])),
    [
      [2, 2, 1],
      [2, 2, 1],
    ],
  );
  // The same images: means over all pixels hardly depend on the size.
  small.forEach((batch, i) =>
    expectClose(tf.mean(batch, [1, 2, 3]), tf.mean(large[i]!, [1, 2, 3]), { absolute: 0.05 }),
  );
});
