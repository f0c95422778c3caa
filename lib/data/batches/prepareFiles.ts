import type { Random } from '../../tensor/random';
import { changes, type Preparation } from '../augmentation/augmentation';
import { decodeBatch } from '../decoding/decodeBatch';
import type { ImageFiles } from '../images/imageFiles';
import { prepare, type Prepared } from './prepare';

/** `prepare` for images in files: decoded and cut, then changed and normalised as those in memory. */
export async function prepareFiles(
  files: ImageFiles,
  indices: Uint32Array,
  random: Random,
  preparation: Preparation,
): Promise<Prepared> {
  const { set, places, unreadable } = await decodeBatch(files, indices, random.fork('cut'), preparation);
  const seats = Uint32Array.from(places.keys());
  return {
    ...prepare(set, seats, random.fork('change'), changes(set, withoutCut(preparation))),
    indices: places,
    ...(unreadable.length > 0 && { unreadable }),
  };
}

/** What is left to do to images that are cut. */
function withoutCut(preparation: Preparation): Preparation {
  if (
    preparation.for === 'evaluation' ||
    typeof preparation.augmentation === 'string' ||
    preparation.augmentation.crop?.kind !== 'resized'
  )
    return preparation;
  const { crop: _, ...augmentation } = preparation.augmentation;
  return { ...preparation, augmentation };
}
