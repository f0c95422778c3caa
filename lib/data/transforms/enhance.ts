import type { Pixels } from '../image';

/**
 * Changes the saturation: grey at factor 0, unchanged at 1. Byte for byte as Pillow's `ImageEnhance`, as all functions
 * here.
 */
export function colour(image: Pixels, factor: number): Pixels {
  const greys = luminance(image);
  const grey = new Uint8Array(image.data.length);
  for (let i = 0; i < greys.length; i++) grey.fill(greys[i]!, 3 * i, 3 * i + 3);
  return blend(grey, image, factor);
}

/** Changes the contrast: the mean grey at factor 0, unchanged at 1. */
export function contrast(image: Pixels, factor: number): Pixels {
  const greys = luminance(image);
  let sum = 0;
  for (const grey of greys) sum += grey;
  return blend(new Uint8Array(image.data.length).fill(Math.trunc(sum / greys.length + 0.5)), image, factor);
}

/** Changes the brightness: black at factor 0, unchanged at 1. */
export function brightness(image: Pixels, factor: number): Pixels {
  return blend(new Uint8Array(image.data.length), image, factor);
}

/** Changes the sharpness: at factor 0 smoothed by a 3 × 3 filter of ones with 5 in the centre, except at the border. */
export function sharpness(image: Pixels, factor: number): Pixels {
  const { data, height, width } = image;
  const smooth = data.slice();
  const row = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const above = data[i - row - 3]! + data[i - row]! + data[i - row + 3]!;
      const below = data[i + row - 3]! + data[i + row]! + data[i + row + 3]!;
      const sum = above + data[i - 3]! + 5 * data[i]! + data[i + 3]! + below;
      smooth[i] = Math.floor(sum / 13 + 0.5);
    }
  }
  return blend(smooth, image, factor);
}

/** Interpolates, or extrapolates, from `degenerate` (factor 0) to the image (factor 1). Pillow computes in float32. */
function blend(degenerate: Uint8Array, { data, height, width }: Pixels, factor: number): Pixels {
  const weight = Math.fround(factor);
  const blended = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const start = degenerate[i]!;
    const value = Math.fround(start + Math.fround(weight * (data[i]! - start)));
    blended[i] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
  return { data: blended, height, width };
}

/** [height × width]: ITU-R 601 luma in Pillow's integer arithmetic. */
function luminance({ data }: Pixels): Uint8Array {
  const greys = new Uint8Array(data.length / 3);
  for (let i = 0, at = 0; i < greys.length; i++, at += 3) {
    greys[i] = (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 0x8000) >> 16;
  }
  return greys;
}
