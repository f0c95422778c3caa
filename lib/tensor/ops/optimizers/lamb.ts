import * as tf from '../../engine/tf';
import { adamMoments, type AdamOptions } from './adamMoments';
import { globalNorm } from './globalNorm';
import type { StepInputs, StepResult } from './step';

export interface LambOptions extends AdamOptions {
  /** Gradients with a larger global norm are scaled down to it. */
  readonly maxNorm: number;
}

/**
 * One step of LAMB (You et al. 2020, algorithm 2), as in timm 0.6.5: Adam's direction plus the decay, scaled to the
 * norm of the weights. Parameters without decay take Adam's direction as it is. Two slots: the first and the second
 * moment.
 */
export function lamb(inputs: StepInputs, options: LambOptions): StepResult {
  const { values, grads, slots, decays, learningRate, biasCorrections, gradScale = tf.scalar(1) } = inputs;
  const excess = tf.div(tf.mul(globalNorm(grads), gradScale), options.maxNorm);
  const clip = tf.div(gradScale, tf.maximum(excess, 1));
  const rows = values.map((value, i): tf.Tensor[] => {
    const [mean, square] = [slots[0]![i]!, slots[1]![i]!];
    const moments = adamMoments({ grad: tf.mul(grads[i]!, clip), mean, square, biasCorrections }, options);
    const newValue =
      decays[i] === 0
        ? tf.sub(value, tf.mul(moments.direction, learningRate))
        : scaledUpdate(value, tf.add(moments.direction, tf.mul(value, decays[i]!)), learningRate);
    return [newValue, moments.mean, moments.square];
  });
  return [0, 1, 2].map((part) => rows.map((row) => row[part]!));
}

/** value − learningRate · ‖value‖ / ‖direction‖ · direction; the ratio is 1 if either norm is 0. */
function scaledUpdate(value: tf.Tensor, direction: tf.Tensor, learningRate: tf.Scalar): tf.Tensor {
  const [directionNorm, valueNorm] = [tf.norm(direction), tf.norm(value)];
  const areNonzero = tf.logicalAnd(tf.greater(directionNorm, 0), tf.greater(valueNorm, 0));
  const trustRatio = tf.where(areNonzero, tf.div(valueNorm, directionNorm), 1);
  return tf.sub(value, tf.mul(direction, tf.mul(trustRatio, learningRate)));
}
