import type { Rgb } from './imageSet';

/** Mean and standard deviation of red, green and blue by which images on a scale of 0 to 1 are normalised. */
export interface Normalisation {
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** What timm assumes of weights that say nothing else. */
export const imageNetNormalisation: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

export function sameNormalisation(a: Normalisation, b: Normalisation): boolean {
  return [...a.mean, ...a.std].join() === [...b.mean, ...b.std].join();
}
