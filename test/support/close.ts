import assert from 'node:assert/strict';
import * as tf from '../../lib/tensor/engine/tf';

export type Numbers = tf.Tensor | ArrayLike<number> | number;

/** The allowed difference of each value: |actual − expected| ≤ absolute + relative · |expected|. */
export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
}

/** Asserts equal shapes and close values. NaN is not close to any value, and an infinity only to itself. */
export function expectClose(
  actual: Numbers,
  expected: Numbers,
  { relative = 1e-5, absolute = 1e-6 }: Tolerance = {},
  what = 'value',
): void {
  if (actual instanceof tf.Tensor && expected instanceof tf.Tensor)
    assert.deepEqual(actual.shape, expected.shape, `${what}: shape`);
  const a = toArray(actual);
  const e = toArray(expected);
  assert.equal(a.length, e.length, `${what}: number of values`);
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < e.length; i++) {
    const difference = a[i] === e[i] ? 0 : Math.abs(a[i]! - e[i]!) - absolute - relative * Math.abs(e[i]!);
    if (!(difference <= excess)) {
      worst = i;
      excess = Number.isNaN(difference) ? Infinity : difference;
    }
  }
  if (worst >= 0)
    assert.fail(
      `${what}: at ${worst} of ${e.length} is ${a[worst]}, expected ${e[worst]} ` +
        `(relative ${relative}, absolute ${absolute})`,
    );
}

/** Returns the largest absolute value. Tolerances of gradients are best given relative to it. */
export function largest(numbers: Numbers): number {
  return toArray(numbers).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
}

export function toArray(numbers: Numbers): readonly number[] {
  if (typeof numbers === 'number') return [numbers];
  return Array.from(numbers instanceof tf.Tensor ? numbers.dataSync() : numbers);
}
