import { resamplingTaps, type ResamplingFilter } from '../../tensor/resampling';
import type { ImageSize, Pixels } from '../image';
import { imageKernels } from '../kernels/imageKernels';

/**
 * The image at another size, byte for byte as Pillow's `resize`: rows first, then columns, with rounding after each.
 */
export function resize({ data, height, width }: Pixels, size: ImageSize, filter: ResamplingFilter): Pixels {
  const kernels = imageKernels();
  if (kernels) {
    const sizes = Int32Array.of(width, height, size.width, size.height, filter === 'bicubic' ? 1 : 0);
    return { data: kernels.resize(data, sizes), ...size };
  }
  const rows = size.width === width ? data : resizeRows(data, height, width, fixedTaps(width, size.width, filter));
  const both = size.height === height ? rows : resizeColumns(rows, size.width, fixedTaps(height, size.height, filter));
  return { data: both, ...size };
}

/** Pillow's fixed point: 22 fractional bits, so that weighted sums of bytes fit into 32 bits. */
const fractionBits = 22;
const half = 1 << (fractionBits - 1);

interface FixedPointTap {
  readonly first: number;
  readonly weights: Int32Array;
}

function fixedTaps(from: number, to: number, filter: ResamplingFilter): FixedPointTap[] {
  return resamplingTaps(from, to, filter).map(({ first, weights }) => {
    const fixed = new Int32Array(weights.length);
    // The assignment truncates, so that adding ±½ rounds.
    for (let i = 0; i < fixed.length; i++) fixed[i] = weights[i]! * 2 ** fractionBits + (weights[i]! < 0 ? -0.5 : 0.5);
    return { first, weights: fixed };
  });
}

function resizeRows(data: Uint8Array, height: number, width: number, taps: readonly FixedPointTap[]): Uint8Array {
  const result = new Uint8ClampedArray(height * taps.length * 3);
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (const { first, weights } of taps) {
      let red = half;
      let green = half;
      let blue = half;
      let from = (row * width + first) * 3;
      for (let i = 0; i < weights.length; i++, from += 3) {
        const weight = weights[i]!;
        red = (red + Math.imul(weight, data[from]!)) | 0;
        green = (green + Math.imul(weight, data[from + 1]!)) | 0;
        blue = (blue + Math.imul(weight, data[from + 2]!)) | 0;
      }
      result[to++] = red >> fractionBits;
      result[to++] = green >> fractionBits;
      result[to++] = blue >> fractionBits;
    }
  }
  return new Uint8Array(result.buffer);
}

function resizeColumns(data: Uint8Array, width: number, taps: readonly FixedPointTap[]): Uint8Array {
  const stride = width * 3;
  const result = new Uint8ClampedArray(taps.length * stride);
  const sums = new Int32Array(stride);
  for (let row = 0; row < taps.length; row++) {
    const { first, weights } = taps[row]!;
    sums.fill(half);
    for (let i = 0; i < weights.length; i++) addWeighted(sums, data, (first + i) * stride, weights[i]!);
    for (let k = 0; k < stride; k++) result[row * stride + k] = sums[k]! >> fractionBits;
  }
  return new Uint8Array(result.buffer);
}

function addWeighted(sums: Int32Array, data: Uint8Array, from: number, weight: number): void {
  for (let k = 0; k < sums.length; k++) sums[k] += Math.imul(weight, data[from + k]!);
}
