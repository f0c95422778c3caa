import type { Kernel } from '../../tensor/resampling';
import type { Rgb } from '../images/imageSet';
import type { Pixels } from './transform';

/** Where the pixel at (x, y) of the new image comes from: (a · x + b · y + c, d · x + e · y + f). */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The image pulled through an affine map, `fill` where it reaches beyond; byte for byte as Pillow's `transform`. */
export function affine(image: Pixels, [a, b, c, d, e, f]: Affine, kernel: Kernel, fill: Rgb): Pixels {
  const { height, width } = image;
  const data = new Uint8Array(image.data.length);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (!(x >= 0 && x < width && y >= 0 && y < height)) {
        data[to] = fill[0];
        data[to + 1] = fill[1];
        data[to + 2] = fill[2];
      } else if (kernel === 'bicubic') bicubic(image, x - 0.5, y - 0.5, data, to);
      else bilinear(image, x - 0.5, y - 0.5, data, to);
    }
  }
  return { data, height, width };
}

/** Turned counter-clockwise about its centre. */
export function rotate(image: Pixels, degrees: number, kernel: Kernel, fill: Rgb): Pixels {
  const angle = -(((degrees % 360) + 360) % 360) * (Math.PI / 180);
  const cosine = rounded(Math.cos(angle));
  const sine = rounded(Math.sin(angle));
  const [x, y] = [image.width / 2, image.height / 2];
  return affine(
    image,
    [cosine, sine, cosine * -x + sine * -y + x, -sine, cosine, -sine * -x + cosine * -y + y],
    kernel,
    fill,
  );
}

/** As Pillow rounds, so that quarter turns are exact. */
function rounded(value: number): number {
  return Math.round(value * 1e15) / 1e15;
}

function bilinear({ data, height, width }: Pixels, x: number, y: number, to: Uint8Array, at: number): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const x0 = clip(left, width) * 3;
  const x1 = clip(left + 1, width) * 3;
  const y0 = clip(top, height) * width * 3;
  const y1 = clip(top + 1, height) * width * 3;
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
  const x0 = clip(left - 1, width) * 3;
  const x1 = clip(left, width) * 3;
  const x2 = clip(left + 1, width) * 3;
  const x3 = clip(left + 2, width) * 3;
  const y0 = clip(top - 1, height) * width * 3;
  const y1 = clip(top, height) * width * 3;
  const y2 = clip(top + 1, height) * width * 3;
  const y3 = clip(top + 2, height) * width * 3;
  for (let channel = 0; channel < 3; channel++) {
    const p = cubic(
      data[y0 + x0 + channel]!,
      data[y0 + x1 + channel]!,
      data[y0 + x2 + channel]!,
      data[y0 + x3 + channel]!,
      dx,
    );
    const q = cubic(
      data[y1 + x0 + channel]!,
      data[y1 + x1 + channel]!,
      data[y1 + x2 + channel]!,
      data[y1 + x3 + channel]!,
      dx,
    );
    const r = cubic(
      data[y2 + x0 + channel]!,
      data[y2 + x1 + channel]!,
      data[y2 + x2 + channel]!,
      data[y2 + x3 + channel]!,
      dx,
    );
    const s = cubic(
      data[y3 + x0 + channel]!,
      data[y3 + x1 + channel]!,
      data[y3 + x2 + channel]!,
      data[y3 + x3 + channel]!,
      dx,
    );
    const value = cubic(p, q, r, s, y - top);
    to[at + channel] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
}

function linear(a: number, b: number, d: number): number {
  return a + (b - a) * d;
}

/** Keys' cubic with a = −1, Pillow's for transforms (its resize takes −½). */
function cubic(a: number, b: number, c: number, d: number, t: number): number {
  return b + t * (c - a + t * (2 * (a - b) + c - d + t * (b - a - c + d)));
}

function clip(place: number, size: number): number {
  return place < 0 ? 0 : place >= size ? size - 1 : place;
}
