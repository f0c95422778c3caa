import type * as tf from '../../tensor/engine/tf';
import { batches, disposeBatch, type BatchOptions } from './batches';
import type { ImageSet } from '../images/imageSet';

/** The images alone of each batch [batch, height, width, 3], normalised, freed when the next one is asked for. At most so many batches. */
export function* imageBatches(
  set: ImageSet,
  options: BatchOptions,
  most = Infinity,
): Generator<tf.Tensor4D, void, void> {
  let made = 0;
  for (const batch of batches(set, options)) {
    try {
      yield batch.images;
    } finally {
      disposeBatch(batch);
    }
    if (++made >= most) return;
  }
}
