import type { ResamplingFilter } from '../../tensor/resampling';
import type { Pixels, Rgb } from '../image';

/** Coefficients of an affine map: pixel (x, y) of the result is taken from `(a x + b y + c, d x + e y + f)`. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * An affine transform of the image at its own size, byte for byte as Pillow's `transform`. Pixels from outside the
 * image have the colour `fill`.
 */
export function affine(image: Pixels, [a, b, c, d, e, f]: Affine, filter: ResamplingFilter, fill: Rgb): Pixels {
  const { height, width } = image;
  const interpolate = filter === 'bicubic' ? bicubic : bilinear;
  const data = new Uint8Array(image.data.length);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (x >= 0 && x < width && y >= 0 && y < height) {
        interpolate(image, x - 0.5, y - 0.5, data, to);
      } else {
        data[to] = fill[0];
        data[to + 1] = fill[1];
        data[to + 2] = fill[2];
      }
    }
  }
  return { data, height, width };
}

/** The image rotated counter-clockwise about its centre, byte for byte as Pillow's `rotate`. */
export function rotate(image: Pixels, degrees: number, filter: ResamplingFilter, fill: Rgb): Pixels {
  const angle = -(((degrees % 360) + 360) % 360) * (Math.PI / 180);
  const cos = roundAsPillow(Math.cos(angle));
  const sin = roundAsPillow(Math.sin(angle));
  const [x, y] = [image.width / 2, image.height / 2];
  const matrix: Affine = [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y];
  return affine(image, matrix, filter, fill);
}

/** To 15 decimals, which makes quarter turns exact. */
function roundAsPillow(value: number): number {
  return Math.round(value * 1e15) / 1e15;
}

function bilinear({ data, height, width }: Pixels, x: number, y: number, to: Uint8Array, at: number): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const x0 = clamp(left, width) * 3;
  const x1 = clamp(left + 1, width) * 3;
  const y0 = clamp(top, height) * width * 3;
  const y1 = clamp(top + 1, height) * width * 3;
  for (let channel = 0; channel < 3; channel++) {
    const upper = linear(data[y0 + x0 + channel]!, data[y0 + x1 + channel]!, x - left);
    const lower = linear(data[y1 + x0 + channel]!, data[y1 + x1 + channel]!, x - left);
    to[at + channel] = linear(upper, lower, y - top);
  }
}

function bicubic({ data, height, width }: Pixels, x: number, y: number, to: Uint8Array, at: number): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const dx = x - left;
  const x0 = clamp(left - 1, width) * 3;
  const x1 = clamp(left, width) * 3;
  const x2 = clamp(left + 1, width) * 3;
  const x3 = clamp(left + 2, width) * 3;
  const y0 = clamp(top - 1, height) * width * 3;
  const y1 = clamp(top, height) * width * 3;
  const y2 = clamp(top + 1, height) * width * 3;
  const y3 = clamp(top + 2, height) * width * 3;
  for (let c = 0; c < 3; c++) {
    const p = cubic(data[y0 + x0 + c]!, data[y0 + x1 + c]!, data[y0 + x2 + c]!, data[y0 + x3 + c]!, dx);
    const q = cubic(data[y1 + x0 + c]!, data[y1 + x1 + c]!, data[y1 + x2 + c]!, data[y1 + x3 + c]!, dx);
    const r = cubic(data[y2 + x0 + c]!, data[y2 + x1 + c]!, data[y2 + x2 + c]!, data[y2 + x3 + c]!, dx);
    const s = cubic(data[y3 + x0 + c]!, data[y3 + x1 + c]!, data[y3 + x2 + c]!, data[y3 + x3 + c]!, dx);
    const value = cubic(p, q, r, s, y - top);
    to[at + c] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
}

function linear(a: number, b: number, d: number): number {
  return a + (b - a) * d;
}

/** Keys' cubic with a = −1, as in Pillow's `transform`; its `resize` has a = −½. */
function cubic(a: number, b: number, c: number, d: number, t: number): number {
  return b + t * (c - a + t * (2 * (a - b) + c - d + t * (b - a - c + d)));
}

function clamp(index: number, size: number): number {
  return index < 0 ? 0 : index >= size ? size - 1 : index;
}
