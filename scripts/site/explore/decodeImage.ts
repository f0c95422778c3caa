import type { Pixels } from '../../../lib/data/image';

/** Larger images are rejected: browsers limit the size of a canvas. */
const maxPixels = 5e7;

/** Decodes an image in the browser. Throws an Error that names the file if it is not an image. */
export async function decodeImage(file: File): Promise<Pixels> {
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch(() => undefined);
  if (!bitmap)
    throw new Error(`${file.name} is not an image that this browser can decode. Choose a JPEG, PNG or WebP file.`);
  const { width, height } = bitmap;
  try {
    if (width * height > maxPixels)
      throw new Error(`${file.name} has more than ${maxPixels / 1e6} million pixels. Choose a smaller image.`);
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('This browser has no canvas, which the page needs to read pixels.');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const rgb = new Uint8Array(width * height * 3);
    for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3) * 4 + (i % 3)]!;
    return { data: rgb, width, height };
  } finally {
    bitmap.close();
  }
}
