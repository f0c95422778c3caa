import type { Random } from '../../tensor/random';
import { selectFiles, type Images } from './imageFiles';
import { holdOutPlaces, subset } from './imageSet';

/** So many images of a set, drawn at random, of each class its share. */
export function part(set: Images, count: number, random: Random): Images {
  const { heldOut } = holdOutPlaces(set, count, random);
  return 'images' in set ? subset(set, heldOut) : selectFiles(set, heldOut);
}
