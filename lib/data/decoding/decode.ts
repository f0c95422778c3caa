import type { ImageSize, Pixels } from '../image';
import { imageKernels, type ImageKernels } from '../kernels/imageKernels';
import type { ResizedCrop } from '../transforms/resizedCrop';
import { decodeWithLibvips, maxPixels, shrinksOnLoad } from './libvips';

/**
 * Decodes a JPEG, PNG, WebP or TIFF and takes the crop that `chooseCrop` returns for its size. As with PIL's
 * `open(…).convert('RGB')`, the camera's orientation and colour profiles are not applied, and transparency is dropped.
 *
 * With the image kernels, a JPEG is decoded byte for byte as in Pillow, and only the part that the crop needs. libvips
 * decodes everything else: other formats, CMYK (converted through a colour profile, unlike in Pillow), large images
 * that are reduced much, and JPEGs with errors, which it describes. Throws a UserError for an image that is truncated,
 * damaged, in another format or larger than `maxPixels`.
 */
export async function decode(bytes: Uint8Array, chooseCrop: (size: ImageSize) => ResizedCrop): Promise<Pixels> {
  const kernels = imageKernels();
  const [width, height] = (kernels && isCompleteJpeg(bytes) && kernels.jpegSize(bytes)) || [0, 0];
  if (!kernels || width * height === 0 || width * height > maxPixels) return decodeWithLibvips(bytes, chooseCrop);
  // Called once, because it may draw random numbers.
  const crop = chooseCrop({ width, height });
  const pixels = shrinksOnLoad({ width, height }, crop) ? undefined : await decodeJpegCrop(kernels, bytes, crop);
  return pixels ?? decodeWithLibvips(bytes, () => crop);
}

/** Whether the bytes begin and end as a JPEG does. For others, libjpeg would print warnings to stderr. */
function isCompleteJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
}

async function decodeJpegCrop(
  kernels: ImageKernels,
  bytes: Uint8Array,
  { box, size, filter, window = { left: 0, top: 0, ...size } }: ResizedCrop,
): Promise<Pixels | undefined> {
  const crop = Int32Array.of(
    ...[box.left, box.top, box.width, box.height],
    ...[size.width, size.height],
    ...[window.left, window.top, window.width, window.height],
    filter === 'bicubic' ? 1 : 0,
  );
  const data = await kernels.decodeJpegCrop(bytes, crop);
  return data && { data, width: window.width, height: window.height };
}
