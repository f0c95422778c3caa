import * as tf from '../tensor/engine/tf';
import type { Random } from '../tensor/random';

/** A tensor filled with one value. */
export function constant<R extends tf.Rank>(shape: tf.ShapeMap[R], value: number): tf.Tensor<R> {
  return tf.fill<R>(shape, value);
}

/**
 * Normal with mean 0, as transformers use. timm's `trunc_normal_` cuts its tails at ±2 in absolute terms, which is 100
 * standard deviations at the usual std of 0.02: the plain normal distribution is the same.
 */
export function normal<R extends tf.Rank>(shape: tf.ShapeMap[R], std: number, random: Random): tf.Tensor<R> {
  return drawn(shape, () => std * random.normal());
}

/** Normal with mean 0 and its tails cut at two standard deviations, as timm's `trunc_normal_tf_`. */
export function truncatedNormal<R extends tf.Rank>(shape: tf.ShapeMap[R], std: number, random: Random): tf.Tensor<R> {
  return drawn(shape, () => std * random.truncatedNormal());
}

/** Normal with std √(2 / fanOut) (He et al. 2015, arXiv 1502.01852, equation 14). */
export function kaimingNormal<R extends tf.Rank>(shape: tf.ShapeMap[R], fanOut: number, random: Random): tf.Tensor<R> {
  return normal<R>(shape, Math.sqrt(2 / fanOut), random);
}

/** Uniform in [−bound, bound]. PyTorch's default has bound 1 / √fanIn, Xavier's has √(6 / (fanIn + fanOut)). */
export function uniform<R extends tf.Rank>(shape: tf.ShapeMap[R], bound: number, random: Random): tf.Tensor<R> {
  return drawn(shape, () => bound * (2 * random.uniform() - 1));
}

function drawn<R extends tf.Rank>(shape: tf.ShapeMap[R], draw: () => number): tf.Tensor<R> {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return tf.tensor<R>(values, shape);
}
