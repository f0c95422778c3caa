import * as tf from '../../tensor/engine/tf';
import { gatherRows } from '../../tensor/ops/gatherRows/gatherRows';
import { unpackBytes } from '../../tensor/ops/unpackBytes/unpackBytes';
import type { DatasetInfo } from '../datasets/dataset';
import { normalisationTable } from './loadFromMemory';

/** Images as they are stored, and the crop and flip of each, so that the device augments and normalises them. */
export interface StoredImages {
  /** [batch, height · width · 3 / 4], float32: four bytes in each value. */
  readonly bytes: tf.Tensor2D;
  /** [batch, 3]: first row and column of the crop, and 1 if it is flipped. */
  readonly crops: tf.Tensor2D;
  readonly dataset: Pick<DatasetInfo, 'size' | 'mean' | 'std'>;
}

/** The augmented, normalised images [batch, height, width, 3], with the same bits as those of `loadFromMemory`. */
export function augmentedImages({ bytes, crops, dataset }: StoredImages): tf.Tensor4D {
  const { height, width } = dataset.size;
  const batch = bytes.shape[0];
  return tf.tidy(() => {
    const [top, left, flipped] = tf.split(tf.reshape(tf.cast(crops, 'int32'), [batch, 1, 1, 3]), 3, 3);
    const row = tf.add(
      integers([1, height, 1, 1], (i) => i),
      top!,
    );
    // A flip adds to each column what leads to its mirror image.
    const mirror = tf.mul(
      flipped!,
      integers([1, 1, width, 1], (i) => width - 1 - 2 * i),
    );
    const column = tf.add(
      tf.add(
        integers([1, 1, width, 1], (i) => i),
        mirror,
      ),
      left!,
    );
    const inside = tf.logicalAnd(isWithin(row, height), isWithin(column, width));
    const position = tf.add(tf.mul(limited(row, height), tf.scalar(width, 'int32')), limited(column, width));
    const indices = tf.add(
      position,
      integers([batch, 1, 1, 1], (i) => i * height * width),
    );
    const pixels = tf.reshape<tf.Rank.R2>(unpackBytes(bytes), [-1, 3]);
    // Black outside of the stored image.
    const cropped = tf.mul<tf.Tensor2D>(
      gatherRows(pixels, flat(indices)),
      tf.reshape(tf.cast(inside, 'float32'), [-1, 1]),
    );
    return tf.reshape(normalised(cropped, dataset), [batch, height, width, 3]);
  });
}

/** The normalised values of bytes [pixels, 3], from a table, which has the same bits as on the CPU. */
function normalised(bytes: tf.Tensor2D, { mean, std }: StoredImages['dataset']): tf.Tensor {
  const tables = [0, 1, 2].flatMap((channel) => [...normalisationTable(mean[channel]!, std[channel]!)]);
  const indices = tf.add(
    tf.cast(bytes, 'int32'),
    integers([1, 3], (channel) => 256 * channel),
  );
  return gatherRows(tf.tensor2d(tables, [3 * 256, 1]), flat(indices));
}

/** An int32 tensor of the values at each position. */
function integers(shape: readonly number[], valueAt: (position: number) => number): tf.Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return tf.tensor(
    Int32Array.from({ length: count }, (_, i) => valueAt(i)),
    [...shape],
    'int32',
  );
}

function isWithin(index: tf.Tensor, count: number): tf.Tensor {
  return tf.logicalAnd(tf.greaterEqual(index, tf.scalar(0, 'int32')), tf.less(index, tf.scalar(count, 'int32')));
}

/** The nearest index that exists. */
function limited(index: tf.Tensor, count: number): tf.Tensor {
  return tf.minimum(tf.maximum(index, tf.scalar(0, 'int32')), tf.scalar(count - 1, 'int32'));
}

function flat(indices: tf.Tensor): tf.Tensor1D {
  return tf.reshape(indices, [-1]);
}
