import type { Pixels } from './transform';

/** Colour strength: at 0 the image is grey, at 1 as it is, above 1 more colourful. All four are byte for byte as Pillow's ImageEnhance. */
export function colour(image: Pixels, factor: number): Pixels {
  const greys = luminance(image);
  return blend(image, factor, (i) => greys[Math.floor(i / 3)]!);
}

/** Contrast: at 0 the image is all of its mean grey. */
export function contrast(image: Pixels, factor: number): Pixels {
  const greys = luminance(image);
  const mean = Math.trunc(greys.reduce((sum, grey) => sum + grey, 0) / greys.length + 0.5);
  return blend(image, factor, () => mean);
}

/** Brightness: at 0 the image is black. */
export function brightness(image: Pixels, factor: number): Pixels {
  return blend(image, factor, () => 0);
}

/** Sharpness: at 0 the image is smoothed by the 3 × 3 weights 1 about a 5, but for its border. */
export function sharpness(image: Pixels, factor: number): Pixels {
  const { data, height, width } = image;
  const smooth = data.slice();
  const row = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const around = data[i - row - 3]! + data[i - row]! + data[i - row + 3]! + data[i - 3]! + data[i + 3]! + data[i + row - 3]! + data[i + row]! + data[i + row + 3]!;
      smooth[i] = Math.floor((around + 5 * data[i]!) / 13 + 0.5);
    }
  }
  return blend(image, factor, (i) => smooth[i]!);
}

/** From what an image is at factor 0 to what it is at 1, and beyond. Pillow reckons in float32. */
function blend({ data, height, width }: Pixels, factor: number, degenerate: (i: number) => number): Pixels {
  const share = Math.fround(factor);
  const blended = Uint8Array.from(data, (byte, i) => {
    const from = degenerate(i);
    return Math.min(Math.max(Math.fround(from + Math.fround(share * (byte - from))), 0), 255);
  });
  return { data: blended, height, width };
}

/** ITU-R 601 in Pillow's whole numbers. */
function luminance({ data }: Pixels): Uint8Array {
  return Uint8Array.from({ length: data.length / 3 }, (_, i) => (19595 * data[3 * i]! + 38470 * data[3 * i + 1]! + 7471 * data[3 * i + 2]! + 0x8000) >> 16);
}
