import { Random } from '../../tensor/random';
import type * as tf from '../../tensor/engine/tf';
import type { InMemoryDataset } from '../datasets/dataset';
import type { ImageTransforms } from '../transforms/transform';
import { disposeBatch, toBatch, type Batch } from './batch';
import { loadFromMemory } from './loadFromMemory';

export interface BatchOptions extends ImageTransforms {
  readonly batchSize: number;
  /** Shuffles the images, and its fork k feeds the transforms of batch k. If omitted, the images come in order. */
  readonly random?: Random;
  /** Leave out a last, smaller batch. Default: false. */
  readonly dropLast?: boolean;
  /** Index of the first batch, to resume an epoch. Default: 0. */
  readonly start?: number;
}

/** One epoch of batches. Batch k does not depend on `start`. */
export function* batches(dataset: InMemoryDataset, options: BatchOptions): Generator<Batch, void, void> {
  const { batchSize, random, dropLast = false, start = 0 } = options;
  const order = epochOrder(dataset.count, random);
  const count = batchCount(dataset.count, batchSize, dropLast);
  for (let k = start; k < count; k++) {
    const indices = order.slice(k * batchSize, (k + 1) * batchSize);
    yield toBatch(loadFromMemory(dataset, indices, (random ?? new Random(0)).fork(k), options));
  }
}

/**
 * Only the images [batch, height, width, 3] of at most `limit` batches. Each is disposed of when the next one is
 * requested.
 */
export function* imageBatches(
  dataset: InMemoryDataset,
  options: BatchOptions,
  limit = Infinity,
): Generator<tf.Tensor4D, void, void> {
  let count = 0;
  for (const batch of batches(dataset, options)) {
    try {
      yield batch.images;
    } finally {
      disposeBatch(batch);
    }
    if (++count >= limit) return;
  }
}

/** The indices of `count` images in the order of an epoch: shuffled if `random` is given. */
export function epochOrder(count: number, random?: Random): Uint32Array {
  return random?.fork('order').permutation(count) ?? Uint32Array.from({ length: count }, (_, i) => i);
}

/** The number of batches in an epoch of `images` images. */
export function batchCount(images: number, batchSize: number, dropLast = false): number {
  return dropLast ? Math.floor(images / batchSize) : Math.ceil(images / batchSize);
}
