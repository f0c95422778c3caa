import { batches, disposeBatch } from '../data/batches';
import type { ImageSet } from '../data/imageSet';
import type { Model } from '../models/model';
import * as tf from '../tensor/tf';

/** Accuracy over a whole set of images, per cent. */
export interface Accuracy {
  readonly top1: number;
  readonly top5: number;
}

/** Evaluates a network with its running averages, without augmentation, over every image once. Yields to the event loop at each batch. */
export async function evaluate(model: Model, set: ImageSet, { batchSize = 250, signal }: { readonly batchSize?: number; readonly signal?: AbortSignal } = {}): Promise<Accuracy> {
  let first = 0;
  let five = 0;
  for (const batch of batches(set, { batchSize })) {
    const ranks = signal?.aborted ? [] : tf.tidy(() => {
      const { logits } = model.forward(batch.images, { mode: 'eval' });
      const target = tf.sum(tf.mul(logits, tf.oneHot(tf.cast(batch.labels, 'int32'), model.classes, 1, 0, 'float32')), 1, true);
      // Not the number of greater ones: a network that has diverged or says the same of every class would be right each time.
      return tf.sub(tf.sum(tf.cast(tf.logicalNot(tf.less(logits, target)), 'int32'), 1), 1).dataSync();
    });
    disposeBatch(batch);
    signal?.throwIfAborted();
    for (const rank of ranks) {
      if (rank < 1) first++;
      if (rank < 5) five++;
    }
    await new Promise(setImmediate);
  }
  return { top1: (100 * first) / set.count, top5: (100 * five) / set.count };
}
