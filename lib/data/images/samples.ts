import type { Random } from '../../tensor/random';
import { imageBytes, type ImageSet } from './imageSet';
import type { Pixels } from '../augmentation/transform';

/** An image with the name of its class. */
export interface Sample extends Pixels {
  readonly caption: string;
}

/** One image of each of so many classes, drawn at random, in the order of the classes. */
export function samples(set: ImageSet, count: number, random: Random): Sample[] {
  const bytes = imageBytes(set);
  const classes = [...random.permutation(set.classes.length).slice(0, count)].sort((a, b) => a - b);
  return classes.flatMap((wanted) => {
    const places = [...set.labels.keys()].filter((place) => set.labels[place] === wanted);
    const place = places[random.integer(Math.max(1, places.length))];
    return place === undefined
      ? []
      : [
          {
            ...set.size,
            data: set.images.subarray(place * bytes, (place + 1) * bytes),
            caption: set.classes[wanted] ?? String(wanted),
          },
        ];
  });
}
