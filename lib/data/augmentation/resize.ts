import { resamplingTaps, type Kernel } from '../../tensor/resampling';
import { imageKernels } from '../decoding/imageKernels';
import type { ImageSize } from '../images/imageSet';
import type { Pixels } from './transform';

/** The image at another size, byte for byte as Pillow's `resize`: first along the rows, then along the columns, rounded after each. */
export function resize({ data, height, width }: Pixels, size: ImageSize, kernel: Kernel): Pixels {
  const kernels = imageKernels();
  if (kernels)
    return {
      data: kernels.resize(data, Int32Array.of(width, height, size.width, size.height, kernel === 'bicubic' ? 1 : 0)),
      ...size,
    };
  const wide = size.width === width ? data : resizeRows(data, height, width, taps(width, size.width, kernel));
  const both = size.height === height ? wide : resizeColumns(wide, size.width, taps(height, size.height, kernel));
  return { data: both, ...size };
}

/** Pillow's fixed point: 22 bits after the point, so that sums of bytes stay within 32. */
const bits = 22;
const half = 1 << (bits - 1);

interface FixedTap {
  readonly first: number;
  readonly weights: Int32Array;
}

function taps(from: number, to: number, kernel: Kernel): FixedTap[] {
  return resamplingTaps(from, to, kernel).map(({ first, weights }) => {
    const fixed = new Int32Array(weights.length);
    for (let i = 0; i < fixed.length; i++) fixed[i] = weights[i]! * 2 ** bits + (weights[i]! < 0 ? -0.5 : 0.5);
    return { first, weights: fixed };
  });
}

function resizeRows(data: Uint8Array, height: number, width: number, along: readonly FixedTap[]): Uint8Array {
  const result = new Uint8ClampedArray(height * along.length * 3);
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (const { first, weights } of along) {
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
      result[to++] = red >> bits;
      result[to++] = green >> bits;
      result[to++] = blue >> bits;
    }
  }
  return new Uint8Array(result.buffer);
}

function resizeColumns(data: Uint8Array, width: number, along: readonly FixedTap[]): Uint8Array {
  const stride = width * 3;
  const result = new Uint8ClampedArray(along.length * stride);
  const sums = new Int32Array(stride);
  for (let row = 0; row < along.length; row++) {
    const { first, weights } = along[row]!;
    sums.fill(half);
    for (let i = 0; i < weights.length; i++) addWeighted(sums, data, (first + i) * stride, weights[i]!);
    for (let k = 0; k < stride; k++) result[row * stride + k] = sums[k]! >> bits;
  }
  return new Uint8Array(result.buffer);
}

function addWeighted(sums: Int32Array, data: Uint8Array, from: number, weight: number): void {
  for (let k = 0; k < sums.length; k++) sums[k] += Math.imul(weight, data[from + k]!);
}
