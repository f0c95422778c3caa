import { UserError } from '../../errors';
import { mapConcurrently } from '../../io/mapConcurrently';
import type { Random } from '../../tensor/random';
import type { Preparation } from '../augmentation/augmentation';
import { cutOf } from './cut';
import { decode } from './decode';
import { imageName, readImage, type ImageFiles } from '../images/imageFiles';
import type { ImageSet } from '../images/imageSet';
import type { Unreadable } from '../batches/prepare';

/** Images of files as squares in memory. */
export interface Decoded {
  readonly set: ImageSet;
  /** The place among the files of each image of the set. */
  readonly places: Uint32Array;
  readonly unreadable: readonly Unreadable[];
}

/**
 * Decodes these images of a set, each cut by its own stream of random numbers. An image that cannot be read is left out, and told;
 * in training the next one that can takes its seat, so that batches stay whole. Throws a UserError where `patience` images on end
 * cannot be read: then it is the disk, or the wrong folder.
 */
export async function decodeBatch(
  files: ImageFiles,
  indices: Uint32Array,
  random: Random,
  preparation: Preparation,
): Promise<Decoded> {
  const { side } = preparation;
  const bytes = side * side * 3;
  const images = new Uint8Array(indices.length * bytes);
  const unreadable: Unreadable[] = [];
  const places = await mapConcurrently(indices, together, async (index, i) => {
    for (let place = index, tries = 0; ; place = (place + 1) % files.count) {
      const found = await attempt(files, place, preparation, random.fork(i));
      if (found instanceof Uint8Array) {
        images.set(found, i * bytes);
        return place;
      }
      unreadable.push(found);
      if (preparation.for === 'evaluation') return undefined;
      if (++tries === Math.min(patience, files.count))
        throw new UserError(
          `${files.name}: ${tries} images on end cannot be read, the last one being ${found.name}: ${found.reason}.`,
        );
    }
  });
  const read = Array.from(places.keys()).filter((i) => places[i] !== undefined);
  read.forEach((from, to) => images.copyWithin(to * bytes, from * bytes, (from + 1) * bytes));
  const kept = Uint32Array.from(read, (i) => places[i]!);
  return {
    set: {
      ...files,
      images: images.subarray(0, kept.length * bytes),
      labels: Uint16Array.from(kept, (place) => files.labels[place]!),
      count: kept.length,
      size: { height: side, width: side },
    },
    places: kept,
    unreadable,
  };
}

const patience = 50;
/** Images under way at a time: one is read while another is decoded. */
const together = 4;

async function attempt(
  files: ImageFiles,
  place: number,
  preparation: Preparation,
  random: Random,
): Promise<Uint8Array | Unreadable> {
  try {
    return (await decode(await readImage(files, place), cutOf(preparation, random))).data;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name: imageName(files, place), reason: error.message };
  }
}
