import { digest, digestError, type Digest } from '../../lib/reference/digest';
import type * as tf from '../../lib/tensor/engine/tf';

/** The result of one comparison with a reference. `error` describes the difference; undefined if there is none. */
export interface Check {
  readonly name: string;
  readonly error?: string;
}

/** The result of a comparison that found this error, or none if undefined. */
export function check(name: string, error: string | undefined): Check {
  return { name, ...(error !== undefined && { error }) };
}

export function countError(actual: number, expected: number): string | undefined {
  return actual === expected ? undefined : `${actual}, expected ${expected}`;
}

/** Compares a tensor with the digest of the reference. Tolerance is relative to the root mean square. */
export function compareTensor(
  name: string,
  label: string,
  tensor: tf.Tensor,
  expected: Digest,
  tolerance: number,
): Check {
  return check(name, digestError(digest(tensor.dataSync(), tensor.shape, label), expected, tolerance));
}

/** Compares two numbers within a tolerance, which is absolute by default. */
export function compareNumber(
  name: string,
  actual: number,
  expected: number,
  tolerance: number,
  kind: 'absolute' | 'relative' = 'absolute',
): Check {
  const allowed = kind === 'relative' ? tolerance * Math.abs(expected) : tolerance;
  if (Math.abs(actual - expected) <= allowed) return { name };
  return { name, error: `${actual}, expected ${expected} ± ${allowed.toPrecision(2)}` };
}
