import { UserError } from '../../errors';
import type * as tf from '../../tensor/engine/tf';

/** Patches on a side of the image. Throws a UserError where patches do not fill it. */
export function patchGrid(name: string, imageSize: number, patch: number): number {
  if (imageSize % patch === 0) return imageSize / patch;
  const below = Math.max(patch, Math.floor(imageSize / patch) * patch);
  throw new UserError(
    `${name} cuts images into patches of ${patch} pixels: ${imageSize} is no multiple of it. Choose ${below} or ${Math.ceil(imageSize / patch) * patch}.`,
  );
}

/** Throws a UserError where an image is too small for the network's halvings. */
export function checkMinImageSize(name: string, imageSize: number, least: number): void {
  if (imageSize < least)
    throw new UserError(`${name} takes images of at least ${least} pixels on a side, not ${imageSize}.`);
}

/** Throws a UserError where images [batch, height, width, 3] are not of the size that a network of tokens was made for. */
export function checkImageSize(
  { name, imageSize }: { readonly name: string; readonly imageSize: number },
  images: tf.Tensor4D,
): void {
  const [, height, width] = images.shape;
  if (height === imageSize && width === imageSize) return;
  throw new UserError(
    `${name} was made for images of ${imageSize} × ${imageSize} pixels and got ${height} × ${width}. Make it with that imageSize, or resize the images (lib/data/preprocess).`,
  );
}
