import { open } from 'node:fs/promises';
import type { Batch } from '../../lib/data/loading/batch';
import * as tf from '../../lib/tensor/engine/tf';

type Images = Pick<Batch, 'images'> & Partial<Batch>;

/**
 * Writes images as the Python programs of this folder read them: a line with the shape [-1, 3, height, width], then
 * float32. Disposes the batches.
 */
export async function writeImages(file: string, batches: Iterable<Images> | AsyncIterable<Images>): Promise<void> {
  const stream = await open(file, 'w');
  try {
    let isFirst = true;
    for await (const { images, labels } of batches) {
      const [, height, width] = images.shape;
      if (isFirst) await stream.write(`${JSON.stringify([-1, 3, height, width])}\n`);
      isFirst = false;
      const data = tf.tidy(() => tf.transpose(images, [0, 3, 1, 2]).dataSync<'float32'>());
      tf.dispose(labels ? [images, labels] : images);
      await stream.write(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    }
  } finally {
    await stream.close();
  }
}
