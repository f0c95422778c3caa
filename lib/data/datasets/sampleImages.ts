import type { Random } from '../../tensor/random';
import type { Pixels } from '../image';
import { bytesPerImage, type InMemoryDataset } from './dataset';

/** An image with the name of its class. */
export interface CaptionedImage extends Pixels {
  readonly caption: string;
}

/** One random image from each of `classCount` random classes, in the order of the classes. */
export function sampleImages(dataset: InMemoryDataset, classCount: number, random: Random): CaptionedImage[] {
  const bytes = bytesPerImage(dataset);
  const labels = [...random.permutation(dataset.classes.length).slice(0, classCount)].sort((a, b) => a - b);
  return labels.flatMap((label) => {
    const indices = [...dataset.labels.keys()].filter((index) => dataset.labels[index] === label);
    const index = indices[random.integer(Math.max(1, indices.length))];
    if (index === undefined) return [];
    const data = dataset.images.subarray(index * bytes, (index + 1) * bytes);
    return [{ ...dataset.size, data, caption: dataset.classes[label] ?? String(label) }];
  });
}
