import type { Rgb } from '../image';

/** Mean and standard deviation of each channel, on a scale of 0 to 1, by which images are normalised. */
export interface Normalisation {
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** ImageNet's, which timm assumes for weights that name no other. */
export const imageNetNormalisation: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Whether both means and standard deviations are exactly equal. */
export function sameNormalisation(a: Normalisation, b: Normalisation): boolean {
  return [...a.mean, ...a.std].join() === [...b.mean, ...b.std].join();
}
