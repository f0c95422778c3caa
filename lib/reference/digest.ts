import { fill } from './fill';

/** A summary of a tensor. `probe` is a sum with random weights, so that it depends on the order of the values. */
export interface Digest {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly rms: number;
  readonly probe: number;
  readonly first: readonly number[];
}

/** Returns the digest of `values`, in row-major order. `label` determines the random weights of the probe. */
export function digest(values: ArrayLike<number>, shape: readonly number[], label: string): Digest {
  const n = values.length;
  const weights = fill(`probe:${label}`, n);
  let sum = 0;
  let squares = 0;
  let probe = 0;
  for (let i = 0; i < n; i++) {
    const x = values[i]!;
    sum += x;
    squares += x * x;
    probe += x * weights[i]!;
  }
  return {
    shape,
    mean: sum / n,
    rms: Math.sqrt(squares / n),
    probe: probe / Math.sqrt(n),
    first: Array.from({ length: Math.min(8, n) }, (_, i) => values[i]!),
  };
}

/** Describes the first difference between two digests, or returns undefined. `tolerance` is relative to the rms. */
export function digestError(actual: Digest, expected: Digest, tolerance: number): string | undefined {
  if (actual.shape.join() !== expected.shape.join()) return `shape [${actual.shape}], expected [${expected.shape}]`;
  const allowed = tolerance * expected.rms;
  const near = (a: number, e: number): boolean => Math.abs(a - e) <= allowed;
  for (const key of ['mean', 'rms', 'probe'] as const)
    if (!near(actual[key], expected[key]))
      return `${key} ${actual[key]}, expected ${expected[key]} ± ${allowed.toPrecision(2)}`;
  const index = expected.first.findIndex((e, i) => !near(actual.first[i] ?? NaN, e));
  return index < 0
    ? undefined
    : `value ${index} is ${actual.first[index]}, expected ${expected.first[index]} ± ${allowed.toPrecision(2)}`;
}
