import { customGradient } from '../tensor/engine/customGradient';
import * as tf from '../tensor/engine/tf';

/** Below this a sum of squares counts as zero; float32 holds nothing smaller than 1e-38. */
const tiny = 1e-36;

/** √Σ x² along an axis, kept as 1; its gradient at zero is zero. The squares must be within float32: see `scaleFree`. */
export function euclideanNorm<T extends tf.Tensor>(x: T, axis: number): T {
  return tf.tidy(() => tf.sqrt(tf.maximum(tf.sum(tf.square(x), axis, true), tiny)) as T);
}

/**
 * x over its largest magnitude (along an axis, or in all). The divisor counts as a constant, so the gradient is right
 * for a function that does not depend on the scale of x, and 1e-20 or 1e20 are as good as 1.
 */
export function scaleFree<T extends tf.Tensor>(x: T, axis?: number): T {
  return tf.tidy(() =>
    customGradient([x], () => {
      // Zero has no direction, and gets no gradient.
      const factor = tf.divNoNan(1, tf.max(tf.abs(x), axis, axis !== undefined));
      return { value: tf.mul(x, factor), saved: [factor], backward: (dy, [f]) => [tf.mul(dy, f!)] };
    }),
  );
}

/** x / ‖x‖ along an axis; zero where x is. */
export function normalise<T extends tf.Tensor>(x: T, axis: number): T {
  return tf.tidy(() => {
    const u = scaleFree(x, axis);
    return tf.div<T>(u, euclideanNorm(u, axis));
  });
}
