import { brightness, colour, contrast } from './enhance';
import type { Transform } from './transform';

/**
 * Changes brightness, contrast and colour in random order, each by a factor from 1 − strength to 1 + strength:
 * torchvision's `ColorJitter` with one strength.
 */
export function colourJitter(strength: number): Transform {
  const enhancements = [brightness, contrast, colour];
  return (image, random) => {
    let current = image;
    for (const index of random.permutation(enhancements.length)) {
      const factor = Math.max(0, 1 + strength * (2 * random.uniform() - 1));
      current = enhancements[index]!(current, factor);
    }
    return current;
  };
}
