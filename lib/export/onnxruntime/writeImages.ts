import { open } from 'node:fs/promises';
import type { Batch } from '../../data/loading/batch';
import * as tf from '../../tensor/engine/tf';

type Images = Pick<Batch, 'images'> & Partial<Batch>;

/** Batches of normalised images [batch, height, width, 3]. */
export type ImageBatches = Iterable<Images> | AsyncIterable<Images>;

/**
 * Writes images as the Python programs read them: a line with the shape [-1, 3, height, width], then float32. Disposes
 * the batches.
 */
export async function writeImages(file: string, batches: ImageBatches): Promise<void> {
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
