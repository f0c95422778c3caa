import { digest, digestFault, type Digest } from '../../lib/reference/digest';
import type * as tf from '../../lib/tensor/engine/tf';

/** One comparison of ours with a reference: `fault` says what is wrong, and is absent when nothing is. */
export interface Check {
  readonly name: string;
  readonly fault?: string;
}

/** A comparison that has found this fault, or none. */
export function check(name: string, fault: string | undefined): Check {
  return { name, ...(fault !== undefined && { fault }) };
}

export function countFault(actual: number, expected: number): string | undefined {
  return actual === expected ? undefined : `${actual}, expected ${expected}`;
}

/** How far an array is from what the reference tells of it, relative to its root mean square. */
export function compareTensor(
  name: string,
  label: string,
  tensor: tf.Tensor,
  expected: Digest,
  tolerance: number,
): Check {
  return check(name, digestFault(digest(tensor.dataSync(), tensor.shape, label), expected, tolerance));
}

/** Compares numbers within a tolerance, absolute unless told to be relative to the expected value. */
export function compareNumber(
  name: string,
  actual: number,
  expected: number,
  tolerance: number,
  kind: 'absolute' | 'relative' = 'absolute',
): Check {
  const allowed = kind === 'relative' ? tolerance * Math.abs(expected) : tolerance;
  if (Math.abs(actual - expected) <= allowed) return { name };
  return { name, fault: `${actual}, expected ${expected} ± ${allowed.toPrecision(2)}` };
}
