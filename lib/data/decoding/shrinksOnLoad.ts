import type { ImageSize } from '../image';
import type { ResizedCrop } from '../transforms/resizedCrop';

/**
 * Whether libvips decodes a JPEG of this size at ½ to ⅛ of its size: the whole image, large, reduced by at least 4.
 */
export function shrinksOnLoad(image: ImageSize, { box, size }: ResizedCrop): boolean {
  const isWhole = box.width === image.width && box.height === image.height;
  const reduction = Math.min(box.width / size.width, box.height / size.height);
  return isWhole && Math.min(image.width, image.height) >= 1000 && reduction >= 4;
}
