/** Converts one pixel, whose first sample is at `from`, to three bytes at `to`. */
export type PixelConversion = (samples: Uint8Array, from: number, rgb: Uint8Array, to: number) => void;

/** CMYK by Pillow's formula: R = 255 - K - C (255 - K) / 255. */
export const cmykToRgb: PixelConversion = (samples, from, rgb, to) => {
  const white = 255 - samples[from + 3]!;
  for (let c = 0; c < 3; c++) rgb[to + c] = Math.max(0, white - divideBy255(samples[from + c]! * white));
};

/** Y, Cb and Cr by Pillow's tables, which have six fractional bits. */
export const ycbcrToRgb: PixelConversion = (samples, from, rgb, to) => {
  const [y, cb, cr] = [samples[from]!, samples[from + 1]! - 128, samples[from + 2]! - 128];
  rgb[to] = clip(y + (sixBits(1.402 * cr) >> 6));
  rgb[to + 1] = clip(y + ((sixBits(-0.34414 * cb) + sixBits(-0.71414 * cr)) >> 6));
  rgb[to + 2] = clip(y + (sixBits(1.772 * cb) >> 6));
};

/** CIELAB with the white point D50 to sRGB, as the ICC profiles of both define it. */
export const labToRgb: PixelConversion = (samples, from, rgb, to) => {
  const fy = ((samples[from]! / 255) * 100 + 16) / 116;
  const fx = fy + signed(samples[from + 1]!) / 500;
  const fz = fy - signed(samples[from + 2]!) / 200;
  const [x, y, z] = [0.9642 * uncompress(fx), uncompress(fy), 0.8249 * uncompress(fz)];
  rgb[to] = encode(3.1338561 * x - 1.6168667 * y - 0.4906146 * z);
  rgb[to + 1] = encode(-0.9787684 * x + 1.9161415 * y + 0.033454 * z);
  rgb[to + 2] = encode(0.0719453 * x - 0.2289914 * y + 1.4052427 * z);
};

function divideBy255(product: number): number {
  const rounded = product + 128;
  return ((rounded >> 8) + rounded) >> 8;
}

function sixBits(value: number): number {
  return Math.trunc(value * 64 + 0.5);
}

/** In TIFF's CIELAB the bytes of a and b are signed. */
function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256;
}

/** The inverse of CIELAB's compression of X, Y and Z. */
function uncompress(f: number): number {
  return f > 6 / 29 ? f ** 3 : 3 * (6 / 29) ** 2 * (f - 4 / 29);
}

/** A linear intensity as a byte of sRGB (IEC 61966-2-1). */
function encode(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return clip(Math.round(255 * value));
}

function clip(value: number): number {
  return Math.max(0, Math.min(255, value));
}
