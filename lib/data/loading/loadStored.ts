import type { Random } from '../../tensor/random';
import { bytesPerImage, type InMemoryDataset } from '../datasets/dataset';
import { drawCrop, type CropAndFlip } from '../transforms/cropAndFlip';
import type { BatchData } from './batchData';

/** Whether `loadStored` can load these images: four bytes must fit into each value. */
export function canBeStored(dataset: InMemoryDataset): boolean {
  return bytesPerImage(dataset) % 4 === 0;
}

/**
 * The images at these indices as they are stored, for the device to augment. The random numbers are those that
 * `loadFromMemory` draws for the same crop and flip.
 */
export function loadStored(
  dataset: InMemoryDataset,
  indices: Uint32Array,
  random: Random,
  transform: CropAndFlip,
): BatchData {
  const count = bytesPerImage(dataset);
  const bytes = new Uint8Array(indices.length * count);
  const crops = new Float32Array(indices.length * 3);
  indices.forEach((index, i) => {
    bytes.set(dataset.images.subarray(index * count, (index + 1) * count), i * count);
    const { top, left, flipped } = drawCrop(transform, random);
    crops.set([top, left, Number(flipped)], i * 3);
  });
  const labels = Int32Array.from(indices, (index) => dataset.labels[index]!);
  return { values: new Float32Array(bytes.buffer), crops, size: dataset.size, labels, indices };
}
