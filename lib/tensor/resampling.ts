/** The filter of a resampling: Catmull-Rom's cubic (Keys 1981, a = −½), or linear interpolation. */
export type ResamplingFilter = 'bicubic' | 'bilinear';

/** One new value is the weighted sum of the old values from index `first` on; the weights sum to one. */
export interface Tap {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * The taps that resample `from` values to `to`, with antialiasing: the filter is widened if there are fewer new values.
 * The rule is Pillow's, which PyTorch's `interpolate(antialias=True)` follows.
 */
export function resamplingTaps(from: number, to: number, filter: ResamplingFilter): Tap[] {
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const { radius, weight } = filters[filter];
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - radius * widening + 0.5), 0);
    const end = Math.min(Math.trunc(centre + radius * widening + 0.5), from);
    const weights = Float64Array.from({ length: end - first }, (_, j) => weight((first + j - centre + 0.5) / widening));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => w / sum) };
  });
}

/** Resamples values [height, width, channels] to another height and width, with antialiasing. */
export function resampleGrid(
  values: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  [newHeight, newWidth]: readonly [number, number],
  filter: ResamplingFilter,
): Float32Array {
  const rows = resample(values, width * channels, resamplingTaps(height, newHeight, filter));
  const columnTaps = resamplingTaps(width, newWidth, filter);
  const result = new Float32Array(newHeight * newWidth * channels);
  for (let y = 0; y < newHeight; y++) {
    const row = rows.subarray(y * width * channels, (y + 1) * width * channels);
    result.set(resample(row, channels, columnTaps), y * newWidth * channels);
  }
  return result;
}

/** The weight of a value at distance x, in units of the old spacing; 0 beyond the radius. */
interface Filter {
  readonly radius: number;
  readonly weight: (x: number) => number;
}

const filters: Readonly<Record<ResamplingFilter, Filter>> = {
  bicubic: { radius: 2, weight: cubic },
  bilinear: { radius: 1, weight: (x) => Math.max(1 - Math.abs(x), 0) },
};

function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** Resamples along the first axis of [n, stride]. */
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
