import { customGradient } from '../../engine/customGradient';
import { execute, hasKernels, isNative } from '../../engine/native';
import { relu, relu6 } from '../relu';
import * as tf from '../../engine/tf';

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

/** What follows the normalisation: another feature is added, values are cut below 0 (ReLU) and above 6 (ReLU6). */
export interface BatchNormEpilogue {
  readonly residual?: tf.Tensor4D;
  readonly cut?: 'relu' | 'relu6';
}

export interface BatchNormResult {
  readonly y: tf.Tensor4D;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** Normalised with the running averages, then the epilogue. x and residual [batch, height, width, channels]. */
export function batchNormEval(
  x: tf.Tensor4D,
  state: BatchNormState,
  epsilon: number,
  epilogue: BatchNormEpilogue = {},
): tf.Tensor4D {
  if (hasKernels()) return fusedEval(x, state, epsilon, epilogue);
  return tf.tidy(() =>
    finish(tf.batchNorm(x, state.mean, state.variance, state.offset, state.scale, epsilon), epilogue),
  );
}

/**
 * Normalised with the batch's own mean and biased variance (Ioffe and Szegedy 2015), then the epilogue; and the new running averages,
 * which take the unbiased variance, as in PyTorch. x [batch, height, width, channels]; the caller owns all three results.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  state: BatchNormState,
  options: BatchNormOptions,
  epilogue: BatchNormEpilogue = {},
): BatchNormResult {
  // The kernel cuts below only.
  if (hasKernels() && epilogue.cut !== 'relu6') return fused(x, state, options, epilogue);
  const result = hasKernels()
    ? fused(x, state, options, {})
    : isNative()
      ? native(x, state, options)
      : composed(x, state, options);
  const y = tf.tidy(() => finish(result.y, epilogue));
  if (y !== result.y) result.y.dispose();
  return { ...result, y };
}

function finish(y: tf.Tensor4D, { residual, cut }: BatchNormEpilogue): tf.Tensor4D {
  const sum = residual ? tf.add<tf.Tensor4D>(y, residual) : y;
  return cut === 'relu' ? relu(sum) : cut === 'relu6' ? relu6(sum) : sum;
}

/** One pass over memory; its gradient, which training does not need, is composed. */
function fusedEval(
  x: tf.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  epsilon: number,
  { residual, cut }: BatchNormEpilogue,
): tf.Tensor4D {
  const others = residual ? [residual] : [];
  return customGradient<tf.Tensor4D>([x, scale, offset, ...others], () => {
    const [y] = execute(
      'OfaBatchNormEval',
      [x, scale, offset, mean, variance, ...others],
      [
        ['N', 'int', others.length],
        ['epsilon', 'float', epsilon],
        ['lower', 'float', cut ? 0 : -Infinity],
        ['upper', 'float', cut === 'relu6' ? 6 : Infinity],
      ],
    );
    return {
      value: y as tf.Tensor4D,
      saved: [x, scale, mean, variance, y!],
      backward: (dy, [input, gain, centre, spread, output]) => {
        const slope = cut
          ? execute(cut === 'relu' ? 'ReluGrad' : 'Relu6Grad', [dy, output!], [['T', 'type', 'float32']])[0]!
          : tf.clone(dy);
        const inverse = tf.rsqrt(tf.add(spread!, epsilon));
        const dscale = tf.mul(tf.sum(tf.mul(slope, tf.sub(input!, centre!)), [0, 1, 2]), inverse);
        return [
          tf.mul(slope, tf.mul(gain!, inverse)),
          dscale,
          tf.sum(slope, [0, 1, 2]),
          ...others.map(() => tf.clone(slope)),
        ];
      },
    };
  });
}

/** All of it in one pass over memory each way. */
function fused(
  x: tf.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  { epsilon, momentum }: BatchNormOptions,
  { residual, cut }: BatchNormEpilogue,
): BatchNormResult {
  const others = residual ? [residual] : [];
  let running: tf.Tensor[] = [];
  const y = customGradient<tf.Tensor4D>([x, scale, offset, ...others], () => {
    const [value, batchMean, inverse, newMean, newVariance] = execute(
      'OfaBatchNorm',
      [x, scale, offset, mean, variance, ...others],
      [
        ['N', 'int', others.length],
        ['epsilon', 'float', epsilon],
        ['momentum', 'float', momentum],
        ['relu', 'bool', cut === 'relu'],
      ],
      5,
    );
    running = [newMean!, newVariance!].map((tensor) => tf.keep(tensor));
    return {
      value: value as tf.Tensor4D,
      saved: [x, value!, scale, batchMean!, inverse!],
      backward: (dy, saved) => {
        const [dx, dscale, doffset, cutSlope] = execute(
          'OfaBatchNormGrad',
          [dy, ...saved],
          [
            ['relu', 'bool', cut === 'relu'],
            ['residual', 'bool', residual !== undefined],
          ],
          4,
        );
        return [dx!, dscale!, doffset!, ...others.map(() => (cut ? cutSlope! : tf.clone(dy)))];
      },
    };
  });
  return { y, mean: running[0] as tf.Tensor1D, variance: running[1] as tf.Tensor1D };
}

/** TensorFlow's own op, which a GPU has too. */
function native(
  x: tf.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  { epsilon, momentum }: BatchNormOptions,
): BatchNormResult {
  let running: tf.Tensor[] = [];
  const y = customGradient<tf.Tensor4D>([x, scale, offset], () => {
    const [value, newMean, newVariance, ...reserved] = execute(
      'FusedBatchNormV3',
      [x, scale, offset, mean, variance],
      [...shared(epsilon), ['exponential_avg_factor', 'float', momentum]],
      6,
    );
    running = [newMean!, newVariance!].map((tensor) => tf.keep(tensor));
    return {
      value: value as tf.Tensor4D,
      saved: [x, scale, ...reserved],
      backward: (dy, [input, gain, ...rest]) =>
        execute('FusedBatchNormGradV3', [dy, input!, gain!, ...rest], shared(epsilon), 5).slice(0, 3),
    };
  });
  return { y, mean: running[0] as tf.Tensor1D, variance: running[1] as tf.Tensor1D };
}

function shared(epsilon: number) {
  return [
    ['T', 'type', 'float32'],
    ['U', 'type', 'float32'],
    ['data_format', 'string', 'NHWC'],
    ['epsilon', 'float', epsilon],
    ['is_training', 'bool', true],
  ] as const;
}

function composed(x: tf.Tensor4D, state: BatchNormState, { epsilon, momentum }: BatchNormOptions): BatchNormResult {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const y = tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, state.offset, state.scale, epsilon);
    const count = x.size / state.scale.size;
    const blend = (old: tf.Tensor1D, fresh: tf.Tensor): tf.Tensor1D =>
      tf.add(tf.mul(old, 1 - momentum), tf.mul(fresh, momentum));
    return {
      y,
      mean: tf.keep(blend(state.mean, mean)),
      variance: tf.keep(blend(state.variance, tf.mul(variance, count / Math.max(count - 1, 1)))),
    };
  });
}
