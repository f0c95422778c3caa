import { UserError } from '../../errors';
import type * as tf from '../../tensor/engine/tf';

/** Returns the number of patches along a side of the image. Throws a UserError if patches do not fill the image. */
export function patchGrid(name: string, imageSize: number, patch: number): number {
  if (imageSize % patch === 0) return imageSize / patch;
  const below = Math.max(patch, Math.floor(imageSize / patch) * patch);
  const above = Math.ceil(imageSize / patch) * patch;
  throw new UserError(
    `${name} cuts images into patches of ${patch} pixels, and ${imageSize} is not a multiple of ${patch}. ` +
      `Choose an image size of ${below} or ${above}.`,
  );
}

/** Throws a UserError if images are too small for the downsampling of a network. */
export function checkMinImageSize(name: string, imageSize: number, min: number): void {
  if (imageSize < min)
    throw new UserError(`${name} needs images of at least ${min} pixels on a side, and imageSize is ${imageSize}.`);
}

/**
 * Throws a UserError if images [batch, height, width, 3] do not have the size that a network of tokens was created for.
 */
export function checkImageSize(
  { name, imageSize }: { readonly name: string; readonly imageSize: number },
  images: tf.Tensor4D,
): void {
  const [, height, width] = images.shape;
  if (height === imageSize && width === imageSize) return;
  throw new UserError(
    `${name} was created for images of ${imageSize} × ${imageSize} pixels and got ${height} × ${width}. ` +
      'Create it with this imageSize, or resize the images.',
  );
}
