import { customGradient } from '../tensor/engine/customGradient';
import * as tf from '../tensor/engine/tf';

/** Sums of squares below this count as zero: float32 has no normal numbers below 1e-38. */
const minSquaredNorm = 1e-36;

/**
 * √Σ x² along an axis, which keeps size 1. Its gradient at zero is zero. The squares must be in the range of float32:
 * call `scaleFree` first if they may not be.
 */
export function euclideanNorm<T extends tf.Tensor>(x: T, axis: number): T {
  return tf.tidy(() => tf.sqrt(tf.maximum(tf.sum(tf.square(x), axis, true), minSquaredNorm)) as T);
}

/**
 * Divides x by its largest magnitude, along an axis or over all of x, so that values of 1e-20 or 1e20 are as exact as
 * 1. The gradient treats the divisor as a constant, which is right only if what follows does not depend on the scale of
 * x.
 */
export function scaleFree<T extends tf.Tensor>(x: T, axis?: number): T {
  return tf.tidy(() =>
    customGradient([x], () => {
      // Where x is zero, so are the result and the gradient.
      const factor = tf.divNoNan(1, tf.max(tf.abs(x), axis, axis !== undefined));
      return { value: tf.mul(x, factor), saved: [factor], backward: (dy, [f]) => [tf.mul(dy, f!)] };
    }),
  );
}

/** x / ‖x‖ along an axis; zero where x is zero. */
export function normalise<T extends tf.Tensor>(x: T, axis: number): T {
  return tf.tidy(() => {
    const scaled = scaleFree(x, axis);
    return tf.div<T>(scaled, euclideanNorm(scaled, axis));
  });
}
