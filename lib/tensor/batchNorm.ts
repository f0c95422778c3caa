import { customGradient } from './customGradient';
import { execute, isNative } from './native';
import * as tf from './tf';

/** What batch norm learns (scale, offset) and keeps (running mean and variance), each [channels]. */
export interface BatchNormState {
  readonly scale: tf.Tensor1D;
  readonly offset: tf.Tensor1D;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

export interface BatchNormOptions {
  readonly epsilon: number;
  /** Share of the new batch in the running averages: PyTorch's momentum. */
  readonly momentum: number;
}

/** Normalised with the running averages. x [batch, height, width, channels]. */
export function batchNormEval(x: tf.Tensor4D, { scale, offset, mean, variance }: BatchNormState, epsilon: number): tf.Tensor4D {
  return tf.tidy(() => tf.batchNorm(x, mean, variance, offset, scale, epsilon));
}

/**
 * Normalised with the batch's own mean and biased variance (Ioffe and Szegedy 2015), and the new running averages, which take
 * the unbiased variance, as in PyTorch. x [batch, height, width, channels]; the caller owns all three results.
 */
export function batchNormTrain(
  x: tf.Tensor4D, state: BatchNormState, options: BatchNormOptions,
): { readonly y: tf.Tensor4D; readonly mean: tf.Tensor1D; readonly variance: tf.Tensor1D } {
  return isNative() ? fused(x, state, options) : composed(x, state, options);
}

function fused(x: tf.Tensor4D, { scale, offset, mean, variance }: BatchNormState, { epsilon, momentum }: BatchNormOptions) {
  let running: tf.Tensor[] = [];
  const y = customGradient<tf.Tensor4D>([x, scale, offset], () => {
    const [value, newMean, newVariance, ...reserved] = execute('FusedBatchNormV3', [x, scale, offset, mean, variance], [
      ...shared(epsilon), ['exponential_avg_factor', 'float', momentum]], 6);
    running = [newMean!, newVariance!].map((tensor) => tf.keep(tensor));
    return {
      value: value as tf.Tensor4D,
      saved: [x, scale, ...reserved],
      backward: (dy, [input, gain, ...rest]) => execute('FusedBatchNormGradV3', [dy, input!, gain!, ...rest], shared(epsilon), 5).slice(0, 3),
    };
  });
  return { y, mean: running[0] as tf.Tensor1D, variance: running[1] as tf.Tensor1D };
}

function shared(epsilon: number) {
  return [
    ['T', 'type', 'float32'], ['U', 'type', 'float32'], ['data_format', 'string', 'NHWC'],
    ['epsilon', 'float', epsilon], ['is_training', 'bool', true],
  ] as const;
}

function composed(x: tf.Tensor4D, state: BatchNormState, { epsilon, momentum }: BatchNormOptions) {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const y = tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, state.offset, state.scale, epsilon);
    const count = x.size / state.scale.size;
    const blend = (old: tf.Tensor1D, fresh: tf.Tensor): tf.Tensor1D => tf.add(tf.mul(old, 1 - momentum), tf.mul(fresh, momentum));
    return { y, mean: tf.keep(blend(state.mean, mean)), variance: tf.keep(blend(state.variance, tf.mul(variance, count / Math.max(count - 1, 1)))) };
  });
}
