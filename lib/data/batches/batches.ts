import { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import type { ImageSet } from '../images/imageSet';
import { prepare, type Changes, type Prepared } from './prepare';

/** Images ready for a network. Whoever takes a batch frees it with `disposeBatch`. */
export interface Batch {
  /** [batch, height, width, 3], normalised. */
  readonly images: tf.Tensor4D;
  /** [batch], int32. */
  readonly labels: tf.Tensor1D;
  /** [batch], each image's place in the set. */
  readonly indices: Uint32Array;
}

export interface BatchOptions extends Changes {
  readonly batchSize: number;
  /** The epoch's own stream: shuffles the images, and feeds batch k's changes from its fork k. Without it, they come in order. */
  readonly random?: Random;
  /** Leave out a last, smaller batch. */
  readonly dropLast?: boolean;
  /** The first batch wanted, counted from 0, to take an epoch up where it was left. */
  readonly start?: number;
}

/** One epoch in batches. Batch k is the same however many of the batches before it were made. */
export function* batches(set: ImageSet, options: BatchOptions): Generator<Batch, void, void> {
  const { batchSize, random, dropLast = false, start = 0 } = options;
  const order = epochOrder(set.count, random);
  const count = batchCount(set.count, batchSize, dropLast);
  for (let k = start; k < count; k++) {
    yield toBatch(
      prepare(set, order.slice(k * batchSize, (k + 1) * batchSize), (random ?? new Random(0)).fork(k), options),
    );
  }
}

/** The places of `count` images in the order of an epoch: shuffled where it has a stream of numbers. */
export function epochOrder(count: number, random?: Random): Uint32Array {
  return random?.fork('order').permutation(count) ?? Uint32Array.from({ length: count }, (_, i) => i);
}

/** Batches in an epoch of `images`. */
export function batchCount(images: number, batchSize: number, dropLast = false): number {
  return dropLast ? Math.floor(images / batchSize) : Math.ceil(images / batchSize);
}

/** The same numbers as tensors. */
export function toBatch({ values, size, labels, indices }: Prepared): Batch {
  return {
    images: tf.tensor4d(values, [indices.length, size.height, size.width, 3]),
    labels: tf.tensor1d(labels, 'int32'),
    indices,
  };
}

/** Frees its images and labels. */
export function disposeBatch({ images, labels }: Batch): void {
  tf.dispose([images, labels]);
}
