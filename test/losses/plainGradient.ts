import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import type { Matrix } from './float64';
import { tensor } from './examples';

/**
 * Asserts that the gradient of `ours` at x equals that of `plain`, taken by central differences in float64. A loss with
 * one value per example is first summed with weights 1, 2, 3, …. The tolerance is relative to the largest gradient, and
 * `step` to the largest value of x.
 */
export function expectPlainGradient(
  ours: (x: tf.Tensor2D) => tf.Tensor,
  plain: (x: Matrix) => readonly number[] | number,
  x: Matrix,
  { tolerance = 1e-4, step = 1e-5 }: { tolerance?: number; step?: number } = {},
): void {
  const contracted = (at: Matrix): number =>
    [plain(at)].flat().reduce<number>((sum, value, i) => sum + value * (i + 1), 0);
  const h = step * largest(x.flat());
  const expected = x.flatMap((row, i) =>
    row.map((_, j) => {
      const shifted = (by: number): Matrix => x.map((r, k) => (k === i ? r.map((v, l) => (l === j ? v + by : v)) : r));
      return (contracted(shifted(h)) - contracted(shifted(-h))) / (2 * h);
    }),
  );
  const gradient = tf.tidy(() =>
    tf.grad((at: tf.Tensor) => {
      const value = ours(at as tf.Tensor2D);
      return value.rank === 0 ? value : tf.sum(tf.mul(value, tf.range(1, value.size + 1)));
    })(tensor(x)),
  );
  expectClose(gradient, expected, { relative: 0, absolute: tolerance * largest(expected) }, 'gradient');
  gradient.dispose();
}
