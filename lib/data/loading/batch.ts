import * as tf from '../../tensor/engine/tf';
import type { BatchData } from './batchData';

/** A batch as tensors. The receiver disposes of it with `disposeBatch`. */
export interface Batch {
  /** [batch, height, width, 3], normalised. */
  readonly images: tf.Tensor4D;
  /** [batch], int32. */
  readonly labels: tf.Tensor1D;
  /** [batch], each image's index in the dataset. */
  readonly indices: Uint32Array;
}

/** Makes tensors of a batch's arrays. */
export function toBatch({ values, size, labels, indices }: BatchData): Batch {
  return {
    images: tf.tensor4d(values, [indices.length, size.height, size.width, 3]),
    labels: tf.tensor1d(labels, 'int32'),
    indices,
  };
}

/** Disposes of a batch's images and labels. */
export function disposeBatch({ images, labels }: Batch): void {
  tf.dispose([images, labels]);
}
