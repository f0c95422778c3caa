import { customGradient } from '../../engine/customGradient';
import { execute, type Attribute } from '../../engine/execute';
import { hasKernels, isNative } from '../../engine/native';
import * as tf from '../../engine/tf';
import { relu, relu6 } from '../relu/relu';

/** The parameters (scale, offset) and running averages (mean, variance) of batch norm, each [channels]. */
export interface BatchNormState {
  readonly scale: tf.Tensor1D;
  readonly offset: tf.Tensor1D;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

export interface BatchNormOptions {
  readonly epsilon: number;
  /** Weight of the batch's statistics in the new running averages, as in PyTorch. */
  readonly momentum: number;
}

/** What follows the normalisation: a residual is added, then the activation is applied. */
export interface BatchNormEpilogue {
  readonly residual?: tf.Tensor4D;
  readonly activation?: 'relu' | 'relu6';
}

/** The output, and the new running averages. */
export interface BatchNormResult {
  readonly y: tf.Tensor4D;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** Normalises by the running averages, then applies the epilogue. x and residual [batch, height, width, channels]. */
export function batchNormEval(
  x: tf.Tensor4D,
  state: BatchNormState,
  epsilon: number,
  epilogue: BatchNormEpilogue = {},
): tf.Tensor4D {
  if (hasKernels()) return fusedEval(x, state, epsilon, epilogue);
  return tf.tidy(() => {
    const { mean, variance, offset, scale } = state;
    return applyEpilogue(tf.batchNorm(x, mean, variance, offset, scale, epsilon), epilogue);
  });
}

/**
 * Normalises by the batch's mean and biased variance (Ioffe and Szegedy 2015), then applies the epilogue. The new
 * running averages include the unbiased variance, as in PyTorch. x and residual [batch, height, width, channels]; the
 * caller owns all three results.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  state: BatchNormState,
  options: BatchNormOptions,
  epilogue: BatchNormEpilogue = {},
): BatchNormResult {
  // The kernel has no upper limit, which ReLU6 needs.
  if (hasKernels() && epilogue.activation !== 'relu6') return fusedTrain(x, state, options, epilogue);
  const result = hasKernels()
    ? fusedTrain(x, state, options, {})
    : isNative()
      ? nativeTrain(x, state, options)
      : composedTrain(x, state, options);
  const y = tf.tidy(() => applyEpilogue(result.y, epilogue));
  if (y !== result.y) result.y.dispose();
  return { ...result, y };
}

function applyEpilogue(y: tf.Tensor4D, { residual, activation }: BatchNormEpilogue): tf.Tensor4D {
  const sum = residual ? tf.add<tf.Tensor4D>(y, residual) : y;
  return activation === 'relu' ? relu(sum) : activation === 'relu6' ? relu6(sum) : sum;
}

/** In one pass over memory. The gradient, which training does not need, is composed. */
function fusedEval(
  x: tf.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  epsilon: number,
  { residual, activation }: BatchNormEpilogue,
): tf.Tensor4D {
  const residuals = residual ? [residual] : [];
  return customGradient<tf.Tensor4D>([x, scale, offset, ...residuals], () => {
    const [y] = execute(
      'OfaBatchNormEval',
      [x, scale, offset, mean, variance, ...residuals],
      [
        ['N', 'int', residuals.length],
        ['epsilon', 'float', epsilon],
        ['lower', 'float', activation ? 0 : -Infinity],
        ['upper', 'float', activation === 'relu6' ? 6 : Infinity],
      ],
    );
    return {
      value: y as tf.Tensor4D,
      saved: [x, scale, mean, variance, y!],
      backward: (dy, [savedX, savedScale, savedMean, savedVariance, output]) => {
        const grad = activation ? activationGrad(activation, dy, output!) : tf.clone(dy);
        const inverseStd = tf.rsqrt(tf.add(savedVariance!, epsilon));
        const dscale = tf.mul(tf.sum(tf.mul(grad, tf.sub(savedX!, savedMean!)), [0, 1, 2]), inverseStd);
        return [
          tf.mul(grad, tf.mul(savedScale!, inverseStd)),
          dscale,
          tf.sum(grad, [0, 1, 2]),
          ...residuals.map(() => tf.clone(grad)),
        ];
      },
    };
  });
}

function activationGrad(activation: 'relu' | 'relu6', dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return execute(activation === 'relu' ? 'ReluGrad' : 'Relu6Grad', [dy, y], [['T', 'type', 'float32']])[0]!;
}

/** With the epilogue, each direction in as few passes over memory as the statistics allow. */
function fusedTrain(
  x: tf.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  { epsilon, momentum }: BatchNormOptions,
  { residual, activation }: BatchNormEpilogue,
): BatchNormResult {
  const residuals = residual ? [residual] : [];
  let running: tf.Tensor[] = [];
  const y = customGradient<tf.Tensor4D>([x, scale, offset, ...residuals], () => {
    const [value, batchMean, inverseStd, newMean, newVariance] = execute(
      'OfaBatchNorm',
      [x, scale, offset, mean, variance, ...residuals],
      [
        ['N', 'int', residuals.length],
        ['epsilon', 'float', epsilon],
        ['momentum', 'float', momentum],
        ['relu', 'bool', activation === 'relu'],
      ],
      5,
    );
    running = [newMean!, newVariance!].map((tensor) => tf.keep(tensor));
    return {
      value: value as tf.Tensor4D,
      saved: [x, value!, scale, batchMean!, inverseStd!],
      backward: (dy, saved) => {
        const [dx, dscale, doffset, dresidual] = execute(
          'OfaBatchNormGrad',
          [dy, ...saved],
          [
            ['relu', 'bool', activation === 'relu'],
            ['residual', 'bool', residual !== undefined],
          ],
          4,
        );
        return [dx!, dscale!, doffset!, ...residuals.map(() => (activation ? dresidual! : tf.clone(dy)))];
      },
    };
  });
  return { y, mean: running[0] as tf.Tensor1D, variance: running[1] as tf.Tensor1D };
}

/** By TensorFlow's op, which also runs on a GPU. */
function nativeTrain(
  x: tf.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  { epsilon, momentum }: BatchNormOptions,
): BatchNormResult {
  const attributes: readonly Attribute[] = [
    ['T', 'type', 'float32'],
    ['U', 'type', 'float32'],
    ['data_format', 'string', 'NHWC'],
    ['epsilon', 'float', epsilon],
    ['is_training', 'bool', true],
  ];
  let running: tf.Tensor[] = [];
  const y = customGradient<tf.Tensor4D>([x, scale, offset], () => {
    const [value, newMean, newVariance, ...reserved] = execute(
      'FusedBatchNormV3',
      [x, scale, offset, mean, variance],
      [...attributes, ['exponential_avg_factor', 'float', momentum]],
      6,
    );
    running = [newMean!, newVariance!].map((tensor) => tf.keep(tensor));
    return {
      value: value as tf.Tensor4D,
      saved: [x, scale, ...reserved],
      backward: (dy, saved) => execute('FusedBatchNormGradV3', [dy, ...saved], attributes, 5).slice(0, 3),
    };
  });
  return { y, mean: running[0] as tf.Tensor1D, variance: running[1] as tf.Tensor1D };
}

function composedTrain(
  x: tf.Tensor4D,
  state: BatchNormState,
  { epsilon, momentum }: BatchNormOptions,
): BatchNormResult {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const y = tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, state.offset, state.scale, epsilon);
    const count = x.size / state.scale.size;
    const unbiasedVariance = tf.mul(variance, count / Math.max(count - 1, 1));
    const average = (running: tf.Tensor1D, batch: tf.Tensor): tf.Tensor1D =>
      tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum));
    return {
      y,
      mean: tf.keep(average(state.mean, mean)),
      variance: tf.keep(average(state.variance, unbiasedVariance)),
    };
  });
}
