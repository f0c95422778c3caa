import { resamplingTaps, type Kernel } from '../tensor/resampling';
import type { ImageSize } from './imageSet';
import type { Pixels } from './transform';

/** The image at another size, byte for byte as Pillow's `resize`: first along the rows, then along the columns, rounded after each. */
export function resize({ data, height, width }: Pixels, size: ImageSize, kernel: Kernel): Pixels {
  const wide = size.width === width ? data : resizeRows(data, height, width, taps(width, size.width, kernel));
  const both = size.height === height ? wide : resizeColumns(wide, size.width, taps(height, size.height, kernel));
  return { data: both, ...size };
}

/** Weights in Pillow's fixed point: 22 bits after the point. */
const bits = 2 ** 22;

interface FixedTap {
  readonly first: number;
  readonly weights: Float64Array;
}

function taps(from: number, to: number, kernel: Kernel): FixedTap[] {
  return resamplingTaps(from, to, kernel).map(({ first, weights }) => ({ first, weights: weights.map((weight) => Math.trunc(weight * bits + (weight < 0 ? -0.5 : 0.5))) }));
}

function resizeRows(data: Uint8Array, height: number, width: number, along: readonly FixedTap[]): Uint8Array {
  const result = new Uint8ClampedArray(height * along.length * 3);
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (const { first, weights } of along) {
      let [red, green, blue] = [0.5 * bits, 0.5 * bits, 0.5 * bits];
      let from = (row * width + first) * 3;
      for (let i = 0; i < weights.length; i++, from += 3) {
        const weight = weights[i]!;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
      }
      result[to++] = Math.floor(red / bits);
      result[to++] = Math.floor(green / bits);
      result[to++] = Math.floor(blue / bits);
    }
  }
  return new Uint8Array(result.buffer);
}

function resizeColumns(data: Uint8Array, width: number, along: readonly FixedTap[]): Uint8Array {
  const stride = width * 3;
  const result = new Uint8ClampedArray(along.length * stride);
  const sums = new Float64Array(stride);
  along.forEach(({ first, weights }, row) => {
    sums.fill(0.5 * bits);
    weights.forEach((weight, i) => {
      const from = (first + i) * stride;
      for (let k = 0; k < stride; k++) sums[k] += weight * data[from + k]!;
    });
    for (let k = 0; k < stride; k++) result[row * stride + k] = Math.floor(sums[k]! / bits);
  });
  return new Uint8Array(result.buffer);
}
