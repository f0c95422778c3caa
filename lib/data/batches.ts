import { UserError } from '../errors';
import { Random } from '../tensor/random';
import * as tf from '../tensor/tf';
import { imageBytes, type ImageSet, type ImageSize } from './imageSet';
import type { Pixels, Transform } from './transform';

/** Images ready for a network. Whoever takes a batch frees it with `disposeBatch`. */
export interface Batch {
  /** [batch, height, width, 3], normalised. */
  readonly images: tf.Tensor4D;
  /** [batch], int32. */
  readonly labels: tf.Tensor1D;
  /** [batch], each image's place in the set. */
  readonly indices: Uint32Array;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** The epoch's own stream: shuffles the images, and feeds batch k's transforms from its fork k. Without it, they come in order. */
  readonly random?: Random;
  /** What is done to each image before it is normalised. */
  readonly transform?: Transform;
  /** What is done to each image after it is normalised, in place. */
  readonly finish?: Finish;
  /** Leave out a last, smaller batch. */
  readonly dropLast?: boolean;
  /** The first batch wanted, counted from 0, to take an epoch up where it was left. */
  readonly start?: number;
}

/** A change to the normalised values [height, width, 3] of one image. */
export type Finish = (values: Float32Array, size: ImageSize, random: Random) => void;

/** One epoch in batches. Batch k is the same however many of the batches before it were made. */
export function* batches(set: ImageSet, options: BatchOptions): Generator<Batch, void, void> {
  const { batchSize, random, dropLast = false, start = 0 } = options;
  const order = random?.fork('order').permutation(set.count) ?? Uint32Array.from(set.labels.keys());
  const tables = [0, 1, 2].map((channel) => table(set.mean[channel]!, set.std[channel]!));
  const count = batchCount(set.count, batchSize, dropLast);
  for (let k = start; k < count; k++) {
    const indices = order.slice(k * batchSize, (k + 1) * batchSize);
    yield makeBatch(set, indices, tables, (random ?? new Random(0)).fork(k), options);
  }
}

/** Batches in an epoch of `images`. */
export function batchCount(images: number, batchSize: number, dropLast = false): number {
  return dropLast ? Math.floor(images / batchSize) : Math.ceil(images / batchSize);
}

export function disposeBatch({ images, labels }: Batch): void {
  tf.dispose([images, labels]);
}

function makeBatch(set: ImageSet, indices: Uint32Array, tables: readonly Float32Array[], random: Random, { transform, finish }: BatchOptions): Batch {
  const bytes = imageBytes(set);
  let values = new Float32Array(0);
  let size = set.size;
  indices.forEach((index, i) => {
    const stored: Pixels = { data: set.images.subarray(index * bytes, (index + 1) * bytes), ...set.size };
    const image = transform ? transform(stored, random) : stored;
    if (i === 0) {
      size = { height: image.height, width: image.width };
      values = new Float32Array(indices.length * image.data.length);
    }
    if (image.height !== size.height || image.width !== size.width) {
      throw new UserError(`${set.name}: a batch cannot mix images of ${size.height} × ${size.width} and ${image.height} × ${image.width}. End the transforms with one size.`);
    }
    const own = values.subarray(i * image.data.length, (i + 1) * image.data.length);
    normalise(image.data, tables, own);
    finish?.(own, size, random);
  });
  return {
    images: tf.tensor4d(values, [indices.length, size.height, size.width, 3]),
    labels: tf.tensor1d(Int32Array.from(indices, (index) => set.labels[index]!), 'int32'),
    indices,
  };
}

/** The normalised value of each byte. */
function table(mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / std);
}

function normalise(bytes: Uint8Array, [red, green, blue]: readonly Float32Array[], values: Float32Array): void {
  for (let i = 0; i < bytes.length; i += 3) {
    values[i] = red![bytes[i]!]!;
    values[i + 1] = green![bytes[i + 1]!]!;
    values[i + 2] = blue![bytes[i + 2]!]!;
  }
}
