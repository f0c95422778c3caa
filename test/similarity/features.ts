import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';

/** Random features [examples, width] that share a signal of the same examples, more of it in narrower layers. */
export function features(name: string, examples: number, width: number, scale = 1): tf.Tensor2D {
  const signal = new Random(3).fork('signal');
  const random = new Random(3).fork(name);
  const base = Array.from({ length: examples }, () => Array.from({ length: 4 }, () => signal.normal()));
  const mix = Array.from({ length: 4 }, () => Array.from({ length: width }, () => random.normal()));
  return tf.tensor2d(
    base.map((row) =>
      Array.from(
        { length: width },
        (_, j) => scale * (row.reduce((sum, x, k) => sum + x * mix[k]![j]!, 0) + 0.5 * random.normal()),
      ),
    ),
  );
}

/** HSIC₁ as Song et al. 2012 write it (equation 5), in float64, from Gram matrices given as rows. */
export function plainHsic(k: readonly (readonly number[])[], l: readonly (readonly number[])[]): number {
  const n = k.length;
  const cell = (m: readonly (readonly number[])[], i: number, j: number): number => (i === j ? 0 : m[i]![j]!);
  let trace = 0,
    sumK = 0,
    sumL = 0,
    sumKL = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      trace += cell(k, i, j) * cell(l, j, i);
      sumK += cell(k, i, j);
      sumL += cell(l, i, j);
      for (let m = 0; m < n; m++) sumKL += cell(k, i, j) * cell(l, j, m);
    }
  return (trace + (sumK * sumL) / ((n - 1) * (n - 2)) - (2 * sumKL) / (n - 2)) / (n * (n - 3));
}

/** X Xᵀ in float64. */
export function plainGram(x: tf.Tensor2D): number[][] {
  const rows = x.arraySync();
  return rows.map((a) => rows.map((b) => a.reduce((sum, v, i) => sum + v * b[i]!, 0)));
}
