import { UserError } from '../errors';

/** Patches on a side of the image. Throws a UserError where patches do not fill it. */
export function patchGrid(name: string, imageSize: number, patch: number): number {
  if (imageSize % patch === 0) return imageSize / patch;
  const below = Math.max(patch, Math.floor(imageSize / patch) * patch);
  throw new UserError(`${name} cuts images into patches of ${patch} pixels: ${imageSize} is no multiple of it. Choose ${below} or ${Math.ceil(imageSize / patch) * patch}.`);
}

/** Throws a UserError where an image is too small for the network's halvings. */
export function leastSize(name: string, imageSize: number, least: number): void {
  if (imageSize < least) throw new UserError(`${name} takes images of at least ${least} pixels on a side, not ${imageSize}.`);
}
