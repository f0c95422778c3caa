import * as tf from '../../tensor/engine/tf';
import type { DatasetInfo } from '../datasets/dataset';
import type { BatchData } from './batchData';
import type { StoredImages } from './storedImages';

/** A batch as tensors. The receiver disposes of it with `disposeBatch`. */
export interface Batch<Images = tf.Tensor4D> {
  /** [batch, height, width, 3], normalised; or stored images, which the step augments. */
  readonly images: Images;
  /** [batch], int32. */
  readonly labels: tf.Tensor1D;
  /** [batch], each image's index in the dataset. */
  readonly indices: Uint32Array;
}

export type TrainingImages = tf.Tensor4D | StoredImages;

/** Makes tensors of a batch's arrays. */
export function toBatch({ values, size, labels, indices }: BatchData): Batch {
  return {
    images: tf.tensor4d(values, [indices.length, size.height, size.width, 3]),
    labels: tf.tensor1d(labels, 'int32'),
    indices,
  };
}

/** The same for training images of a dataset, which may be stored ones. */
export function toTrainingBatch(data: BatchData, { size, mean, std }: DatasetInfo): Batch<TrainingImages> {
  const { values, crops, indices } = data;
  if (!crops) return toBatch(data);
  const images = {
    bytes: tf.tensor2d(values, [indices.length, values.length / indices.length]),
    crops: tf.tensor2d(crops, [indices.length, 3]),
    dataset: { size, mean, std },
  };
  return { images, labels: tf.tensor1d(data.labels, 'int32'), indices };
}

/** Applies a function to each tensor of images. */
export function mapImages(images: TrainingImages, change: <T extends tf.Tensor>(x: T) => T): TrainingImages {
  if (images instanceof tf.Tensor) return change(images);
  return { ...images, bytes: change(images.bytes), crops: change(images.crops) };
}

/** Disposes of a batch's images and labels. */
export function disposeBatch({ images, labels }: Pick<Batch<TrainingImages>, 'images' | 'labels'>): void {
  disposeImages(images);
  labels.dispose();
}

export function disposeImages(images: TrainingImages): void {
  if (images instanceof tf.Tensor) images.dispose();
  else tf.dispose([images.bytes, images.crops]);
}
