/** The kernel that weighs an image's values: Catmull-Rom's cubic (Keys 1981, a = −½) or a tent. */
export type ResamplingFilter = 'bicubic' | 'bilinear';

/** What one new value is made of: the old ones from `first` on, by weights that sum to one. */
export interface Tap {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * How each of `to` values is made from `from` ones, antialiased: the kernel is widened when there are fewer. Pillow's rule, which
 * torch's `interpolate(antialias=True)` follows.
 */
export function resamplingTaps(from: number, to: number, kernel: ResamplingFilter): Tap[] {
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const { reach, weight } = kernels[kernel];
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach * widening + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach * widening + 0.5), from);
    const weights = Float64Array.from({ length: end - first }, (_, j) => weight((first + j - centre + 0.5) / widening));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => w / sum) };
  });
}

/** A grid of values [height, width, channels] at another size, antialiased. */
export function resampleGrid(
  values: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  [newHeight, newWidth]: readonly [number, number],
  kernel: ResamplingFilter,
): Float32Array {
  const rows = resample(values, width * channels, resamplingTaps(height, newHeight, kernel));
  const columns = resamplingTaps(width, newWidth, kernel);
  const result = new Float32Array(newHeight * newWidth * channels);
  for (let y = 0; y < newHeight; y++)
    result.set(
      resample(rows.subarray(y * width * channels, (y + 1) * width * channels), channels, columns),
      y * newWidth * channels,
    );
  return result;
}

const kernels: Readonly<Record<ResamplingFilter, { readonly reach: number; readonly weight: (x: number) => number }>> =
  {
    bicubic: { reach: 2, weight: cubic },
    bilinear: { reach: 1, weight: (x) => Math.max(1 - Math.abs(x), 0) },
  };

function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** Along the first axis of [n, stride]. */
function resample(values: Float32Array, stride: number, taps: readonly Tap[]): Float32Array {
  const result = new Float32Array(taps.length * stride);
  const row = new Float64Array(stride);
  taps.forEach(({ first, weights }, i) => {
    row.fill(0);
    weights.forEach((weight, j) => {
      for (let k = 0; k < stride; k++) row[k] += weight * values[(first + j) * stride + k]!;
    });
    result.set(row, i * stride);
  });
  return result;
}
