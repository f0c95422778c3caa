import type { Dataset } from '../../data/datasets/dataset';
import type { Normalisation } from '../../data/datasets/normalisation';
import { openDecoderProcesses, type DecoderProcesses } from '../../data/decoding/decoderProcesses';
import { disposeBatch, toBatch } from '../../data/loading/batch';
import type { BatchData } from '../../data/loading/batchData';
import { loadFromFiles } from '../../data/loading/loadFromFiles';
import { loadFromMemory } from '../../data/loading/loadFromMemory';
import { resizeAndCrop } from '../../data/transforms/preprocessing';
import { Random } from '../../tensor/random';
import type * as tf from '../../tensor/engine/tf';

/** What a network expects of its images. */
export interface ImageFormat {
  /** Height and width in pixels. */
  readonly imageSize: number;
  /** Default: that of the images. */
  readonly normalisation?: Normalisation;
}

/**
 * The images at these indices in batches [batch, height, width, 3], resized and normalised for a network. Two networks
 * with the same indices see the same images, each in its own format; an image that cannot be decoded is left out for
 * both. A batch is disposed of when the next one is requested.
 */
export async function* sampleBatches(
  dataset: Dataset,
  indices: Uint32Array,
  batchSize: number,
  format: ImageFormat,
): AsyncGenerator<tf.Tensor4D, void, void> {
  const formatted = { ...dataset, ...format.normalisation };
  const processes = openDecoderProcesses();
  try {
    for (let start = 0; start < indices.length; start += batchSize) {
      const part = indices.slice(start, start + batchSize);
      const data = await load(formatted, part, format.imageSize, processes);
      if (data.indices.length === 0) continue;
      const batch = toBatch(data);
      try {
        yield batch.images;
      } finally {
        disposeBatch(batch);
      }
    }
  } finally {
    processes.close();
  }
}

async function load(
  dataset: Dataset,
  indices: Uint32Array,
  imageSize: number,
  processes: DecoderProcesses,
): Promise<BatchData> {
  const random = new Random(0);
  if (!('images' in dataset)) {
    const sized = { ...dataset, size: { height: imageSize, width: imageSize } };
    return loadFromFiles(sized, indices, random, { for: 'evaluation', imageSize, cropShare: 1 }, processes);
  }
  const { height, width } = dataset.size;
  const isSized = height === imageSize && width === imageSize;
  const transform = isSized ? undefined : resizeAndCrop({ imageSize, cropShare: 1, interpolation: 'bicubic' });
  return loadFromMemory(dataset, indices, random, transform ? { transform } : {});
}
