import sharp, { type Sharp } from 'sharp';
import { UserError } from '../errors';
import type { Kernel } from '../tensor/resampling';
import { window } from './augment';
import type { ImageSize } from './imageSet';
import type { Box } from './randomResizedCrop';
import { resize } from './resize';
import type { Pixels } from './transform';

/** What is taken of an image: a part of it, resized, and a part of that. */
export interface Cut {
  readonly box: Box;
  readonly size: ImageSize;
  readonly kernel: Kernel;
  readonly window?: Box;
}

/** The most pixels of an image that is opened: its bytes then take 300 MB. */
export const mostPixels = 1e8;
/** Shorter side of images that may be decoded at a part of their size. */
const large = 1000;

/**
 * Decodes a JPEG, PNG, WebP or TIFF and takes what `cut` says of an image of its size. As PIL's `open(…).convert('RGB')` does: the
 * orientation that a camera noted is not applied, nor a colour profile, and transparency is dropped, not blended.
 *
 * A whole JPEG decodes to the very bytes that Pillow gives (both use libjpeg-turbo). Made smaller, a byte is 0.1 to 0.7 off Pillow's
 * in the mean and 3 at most (libvips' fixed point); made larger, none. A whole JPEG of at least 1000 pixels on a side that becomes four times
 * smaller or more is decoded at a half to an eighth first (shrink-on-load): up to 1.4 in the mean, and 6.
 * CMYK goes through a colour profile, where Pillow computes without one. Throws a UserError for an image that is cut short,
 * damaged, of another format or of more than `mostPixels`.
 */
export async function decode(bytes: Uint8Array, cut: (size: ImageSize) => Cut): Promise<Pixels> {
  try {
    const stored = sharp(bytes, { ...options, failOn: 'error' });
    const { width, height, hasAlpha } = await stored.metadata();
    const { box, size, kernel, window: part } = cut({ width, height });
    const image = hasAlpha ? await opaque(stored) : stored;
    // Taking a part, be it the whole, keeps libvips from decoding at a half or less, whose rounded sides would show in small images.
    if (box.width < width || box.height < height || Math.min(width, height) < large) image.extract(box);
    if (size.width > box.width || size.height > box.height) return enlarged(await rawOf(image), size, kernel, part);
    image.resize(size.width, size.height, { fit: 'fill', kernel: kernel === 'bicubic' ? 'cubic' : 'linear', fastShrinkOnLoad: false });
    if (part) image.extract(part);
    return await rawOf(image);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(reason(error), { cause: error });
  }
}

/** One thread an image, since as many images are decoded at a time as there are threads, and nothing kept, since none comes twice. */
sharp.concurrency(1);
sharp.cache(false);

const options = { limitInputPixels: mostPixels, ignoreIcc: true } as const;

/** The image without its transparency, which resizing would else blend in. */
async function opaque(image: Sharp): Promise<Sharp> {
  const { data, width, height } = await rawOf(image.removeAlpha());
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function rawOf(image: Sharp): Promise<Pixels> {
  const { data, info: { width, height } } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width, height };
}

/** By our own kernels, which are Pillow's: libvips shifts what it enlarges by half a new pixel. */
function enlarged(image: Pixels, size: ImageSize, kernel: Kernel, part?: Box): Pixels {
  const whole = resize(image, size, kernel);
  return part ? window(whole, part.top, part.left, part) : whole;
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('exceeds pixel limit')) return `it has more than the ${mostPixels / 1e6} million pixels that are opened`;
  if (/unsupported image format|Input buffer is empty/i.test(message)) return 'it is no image of a known format';
  return `it is damaged (${message.split('\n')[0]!.trim()})`;
}
