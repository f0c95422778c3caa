import type { Pixels } from './transform';

/** Colour strength: at 0 the image is grey, at 1 as it is, above 1 more colourful. All four are byte for byte as Pillow's ImageEnhance. */
export function colour(image: Pixels, factor: number): Pixels {
  const greys = luminance(image);
  const grey = new Uint8Array(image.data.length);
  for (let i = 0; i < greys.length; i++) grey.fill(greys[i]!, 3 * i, 3 * i + 3);
  return blend(grey, image, factor);
}

/** Contrast: at 0 the image is all of its mean grey. */
export function contrast(image: Pixels, factor: number): Pixels {
  const greys = luminance(image);
  let sum = 0;
  for (const grey of greys) sum += grey;
  return blend(new Uint8Array(image.data.length).fill(Math.trunc(sum / greys.length + 0.5)), image, factor);
}

/** Brightness: at 0 the image is black. */
export function brightness(image: Pixels, factor: number): Pixels {
  return blend(new Uint8Array(image.data.length), image, factor);
}

/** Sharpness: at 0 the image is smoothed by the 3 × 3 weights 1 about a 5, but for its border. */
export function sharpness(image: Pixels, factor: number): Pixels {
  const { data, height, width } = image;
  const smooth = data.slice();
  const row = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const around =
        data[i - row - 3]! +
        data[i - row]! +
        data[i - row + 3]! +
        data[i - 3]! +
        data[i + 3]! +
        data[i + row - 3]! +
        data[i + row]! +
        data[i + row + 3]!;
      smooth[i] = Math.floor((around + 5 * data[i]!) / 13 + 0.5);
    }
  }
  return blend(smooth, image, factor);
}

/** From what an image is at factor 0 to what it is at 1, and beyond. Pillow reckons in float32. */
function blend(from: Uint8Array, { data, height, width }: Pixels, factor: number): Pixels {
  const share = Math.fround(factor);
  const blended = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const start = from[i]!;
    const value = Math.fround(start + Math.fround(share * (data[i]! - start)));
    blended[i] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
  return { data: blended, height, width };
}

/** ITU-R 601 in Pillow's whole numbers. */
function luminance({ data }: Pixels): Uint8Array {
  const greys = new Uint8Array(data.length / 3);
  for (let i = 0, at = 0; i < greys.length; i++, at += 3)
    greys[i] = (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 0x8000) >> 16;
  return greys;
}
