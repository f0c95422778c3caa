import { brightness, colour, contrast } from './enhance';
import type { Transform } from './transform';

/** Brightness, contrast and colour, each multiplied by 1 ± strength, in random order: torchvision's ColorJitter with one strength. */
export function colourJitter(strength: number): Transform {
  const changes = [brightness, contrast, colour];
  return (image, random) =>
    random
      .permutation(changes.length)
      .reduce(
        (current, place) => changes[place]!(current, Math.max(0, 1 + strength * (2 * random.uniform() - 1))),
        image,
      );
}
