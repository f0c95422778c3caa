import type { Cut } from './cut';
import { imageKernels, type ImageKernels } from './imageKernels';
import type { ImageSize } from '../images/imageSet';
import { decodeByLibvips, mostPixels, shrinksOnLoad } from './libvips';
import type { Pixels } from '../augmentation/transform';

/**
 * Decodes a JPEG, PNG, WebP or TIFF and takes what `cut` says of an image of its size. As PIL's `open(…).convert('RGB')` does: the
 * orientation that a camera noted is not applied, nor a colour profile, and transparency is dropped, not blended.
 *
 * By our kernels a JPEG comes out byte for byte as by Pillow, and only what the cut needs of it is decoded. Other formats, CMYK (which goes
 * through a colour profile, where Pillow computes without one), large images made much smaller, and JPEGs with a fault are libvips', which
 * can tell the fault. Throws a UserError for an image that is cut short, damaged, of another format or of more than `mostPixels`.
 */
export async function decode(bytes: Uint8Array, cut: (size: ImageSize) => Cut): Promise<Pixels> {
  const kernels = imageKernels();
  const [width, height] = (kernels && isWholeJpeg(bytes) && kernels.jpegSize(bytes)) || [0, 0];
  if (!kernels || width * height === 0 || width * height > mostPixels) return decodeByLibvips(bytes, cut);
  // Asked once, since it may draw at random.
  const wanted = cut({ width, height });
  return (
    (shrinksOnLoad({ width, height }, wanted) ? undefined : await cutJpeg(kernels, bytes, wanted)) ??
    decodeByLibvips(bytes, () => wanted)
  );
}

/** Whether these bytes begin and end as a JPEG does: of others libjpeg complains on stderr. */
function isWholeJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
}

async function cutJpeg(
  kernels: ImageKernels,
  bytes: Uint8Array,
  { box, size, kernel, window = { left: 0, top: 0, ...size } }: Cut,
): Promise<Pixels | undefined> {
  const numbers = [
    box.left,
    box.top,
    box.width,
    box.height,
    size.width,
    size.height,
    window.left,
    window.top,
    window.width,
    window.height,
    kernel === 'bicubic' ? 1 : 0,
  ];
  const data = await kernels.cutJpeg(bytes, Int32Array.from(numbers));
  return data && { data, width: window.width, height: window.height };
}
