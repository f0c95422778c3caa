import { UserError } from '../../errors';
import type { Random } from '../../tensor/random';
import { bytesPerImage, type InMemoryDataset } from '../datasets/dataset';
import type { Pixels } from '../image';
import type { ImageTransforms } from '../transforms/transform';
import type { BatchData } from './batchData';

/**
 * Transforms and normalises the images at these indices, one after the other, with one stream of random numbers. Throws
 * a UserError if the transformed images differ in size.
 */
export function loadFromMemory(
  dataset: InMemoryDataset,
  indices: Uint32Array,
  random: Random,
  { transform, normalisedTransform }: ImageTransforms,
): BatchData {
  const bytes = bytesPerImage(dataset);
  const tables = [0, 1, 2].map((channel) => normalisationTable(dataset.mean[channel]!, dataset.std[channel]!));
  let values = new Float32Array(0);
  let size = dataset.size;
  indices.forEach((index, i) => {
    const stored: Pixels = { data: dataset.images.subarray(index * bytes, (index + 1) * bytes), ...dataset.size };
    const image = transform ? transform(stored, random) : stored;
    if (i === 0) {
      size = { height: image.height, width: image.width };
      values = new Float32Array(indices.length * image.data.length);
    }
    if (image.height !== size.height || image.width !== size.width) {
      throw new UserError(
        `${dataset.name}: images of ${size.height} × ${size.width} and ${image.height} × ${image.width} pixels ` +
          'cannot be in one batch. End the transforms with a resize or crop to one size.',
      );
    }
    const imageValues = values.subarray(i * image.data.length, (i + 1) * image.data.length);
    normalise(image.data, tables, imageValues);
    normalisedTransform?.(imageValues, size, random);
  });
  return { values, size, labels: Int32Array.from(indices, (index) => dataset.labels[index]!), indices };
}

/** [256]: the normalised value of each byte. */
export function normalisationTable(mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / std);
}

function normalise(bytes: Uint8Array, [red, green, blue]: readonly Float32Array[], values: Float32Array): void {
  for (let i = 0; i < bytes.length; i += 3) {
    values[i] = red![bytes[i]!]!;
    values[i + 1] = green![bytes[i + 1]!]!;
    values[i + 2] = blue![bytes[i + 2]!]!;
  }
}
