import sharp, { type Sharp } from 'sharp';
import { UserError } from '../../errors';
import type { Kernel } from '../../tensor/resampling';
import { window } from '../augmentation/cropAndFlip';
import type { Cut } from './cut';
import type { ImageSize } from '../images/imageSet';
import type { Box } from '../augmentation/randomResizedCrop';
import { resize } from '../augmentation/resize';
import type { Pixels } from '../augmentation/transform';

/** The most pixels of an image that is opened: its bytes then take 300 MB. */
export const mostPixels = 1e8;

/** Whether an image of this size is decoded at a part of it, as far as that goes, since what is taken is so much smaller. */
export function shrinksOnLoad(whole: ImageSize, { box, size }: Cut): boolean {
  return (
    box.width === whole.width &&
    box.height === whole.height &&
    Math.min(whole.width, whole.height) >= 1000 &&
    Math.min(box.width / size.width, box.height / size.height) >= 4
  );
}

/**
 * `decode` by libvips, of any format that is opened. Made smaller, a byte is 0.1 to 0.7 off Pillow's in the mean and 4 at most (libvips'
 * fixed point); made larger, none. A whole JPEG of at least 1000 pixels on a side that becomes four times smaller or more is decoded at a
 * half to an eighth first (shrink-on-load): up to 1.4 in the mean, and 6.
 */
export async function decodeByLibvips(bytes: Uint8Array, cut: (size: ImageSize) => Cut): Promise<Pixels> {
  try {
    const stored = sharp(bytes, { ...options, failOn: 'error' });
    const { width, height, hasAlpha } = await stored.metadata();
    const wanted = cut({ width, height });
    const { box, size, kernel, window: part } = wanted;
    const image = hasAlpha ? await opaque(stored) : stored;
    // Taking a part, be it the whole, keeps libvips from decoding at a half or less, whose rounded sides would show in small images.
    if (!shrinksOnLoad({ width, height }, wanted)) image.extract(box);
    if (size.width > box.width || size.height > box.height) return enlarged(await rawOf(image), size, kernel, part);
    image.resize(size.width, size.height, {
      fit: 'fill',
      kernel: kernel === 'bicubic' ? 'cubic' : 'linear',
      fastShrinkOnLoad: false,
    });
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
  const {
    data,
    info: { width, height },
  } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width, height };
}

/** By our own kernels, which are Pillow's: libvips shifts what it enlarges by half a new pixel. */
function enlarged(image: Pixels, size: ImageSize, kernel: Kernel, part?: Box): Pixels {
  const whole = resize(image, size, kernel);
  return part ? window(whole, part.top, part.left, part) : whole;
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('exceeds pixel limit'))
    return `it has more than the ${mostPixels / 1e6} million pixels that are opened`;
  if (/unsupported image format|Input buffer is empty/i.test(message)) return 'it is no image of a known format';
  return `it is damaged (${message.split('\n')[0]!.trim()})`;
}
