import { UserError } from '../../errors';
import { mapConcurrently } from '../../io/mapConcurrently';
import type { Random } from '../../tensor/random';
import type { FileDataset, InMemoryDataset } from '../datasets/dataset';
import { imageName, readImage } from '../datasets/imageFile';
import { decode } from '../decoding/decode';
import type { DecoderProcesses } from '../decoding/decoderProcesses';
import { chooseCrop } from '../transforms/resizedCrop';
import type { TransformSpec } from '../transforms/transformSpec';
import type { UnreadableImage } from './batchData';

/** Images of a file dataset, decoded and cropped to squares. */
export interface DecodedImages {
  readonly images: InMemoryDataset;
  /** [images.count], each image's index in the file dataset. */
  readonly indices: Uint32Array;
  readonly unreadable: readonly UnreadableImage[];
}

/**
 * Decodes the images at these indices, each cropped with a random stream of its own. Unreadable images are reported
 * and, in evaluation, left out; in training the next readable image of the dataset replaces them, so that batches keep
 * their size. Throws a UserError if 50 consecutive images cannot be read, which points to a broken disk or a wrong
 * folder.
 */
export async function decodeImages(
  dataset: FileDataset,
  indices: Uint32Array,
  random: Random,
  spec: TransformSpec,
  processes: DecoderProcesses,
): Promise<DecodedImages> {
  const { imageSize } = spec;
  const bytes = imageSize * imageSize * 3;
  const pixels = new Uint8Array(indices.length * bytes);
  const unreadable: UnreadableImage[] = [];
  const decodedIndices = await mapConcurrently(indices, concurrency, async (requested, i) => {
    for (let index = requested, failures = 0; ; index = (index + 1) % dataset.count) {
      const result = await tryDecode(dataset, index, spec, random.fork(i), processes);
      if (result instanceof Uint8Array) {
        pixels.set(result, i * bytes);
        return index;
      }
      unreadable.push(result);
      if (spec.for === 'evaluation') return undefined;
      if (++failures === Math.min(maxFailures, dataset.count)) throw tooManyFailures(dataset, failures, result);
    }
  });
  const positions = Array.from(decodedIndices.keys()).filter((i) => decodedIndices[i] !== undefined);
  positions.forEach((from, to) => pixels.copyWithin(to * bytes, from * bytes, (from + 1) * bytes));
  const kept = Uint32Array.from(positions, (i) => decodedIndices[i]!);
  const images: InMemoryDataset = {
    ...dataset,
    images: pixels.subarray(0, kept.length * bytes),
    labels: Uint16Array.from(kept, (index) => dataset.labels[index]!),
    count: kept.length,
    size: { height: imageSize, width: imageSize },
  };
  return { images, indices: kept, unreadable };
}

const maxFailures = 50;
/** More than one, so that an image is read while another is decoded. */
const concurrency = 4;

async function tryDecode(
  dataset: FileDataset,
  index: number,
  spec: TransformSpec,
  random: Random,
  processes: DecoderProcesses,
): Promise<Uint8Array | UnreadableImage> {
  try {
    return (await decode(await readImage(dataset, index), chooseCrop(spec, random), processes)).data;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name: imageName(dataset, index), reason: error.message };
  }
}

function tooManyFailures({ name }: FileDataset, failures: number, last: UnreadableImage): UserError {
  return new UserError(
    `${name}: ${failures} consecutive images cannot be read. The last one is ${last.name}: ${last.reason}. ` +
      'Check the folder and the disk.',
  );
}
