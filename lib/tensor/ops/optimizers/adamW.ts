import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';
import { adamMoments, type AdamOptions } from './adamMoments';
import { updateInGroups, type ParameterStep, type StepInputs, type StepResult } from './step';

/**
 * One step of AdamW (Loshchilov and Hutter 2019, algorithm 2), as in PyTorch: the decay multiplies the learning rate
 * and does not enter the moments. Two slots: the first and the second moment.
 */
export function adamW(inputs: StepInputs, options: AdamOptions): StepResult {
  return hasKernels() ? fused(inputs, options) : updateInGroups(inputs, (one) => composed(one, inputs, options));
}

function fused(
  { values, grads, slots, decays, learningRate, biasCorrections, gradScale = tf.scalar(1) }: StepInputs,
  { beta1, beta2, epsilon }: AdamOptions,
): StepResult {
  const count = values.length;
  const settings = tf.stack([learningRate, beta1, beta2, epsilon, ...biasCorrections, gradScale]);
  const outputs = execute(
    'OfaAdamW',
    [...values, ...grads, ...slots.flat(), tf.tensor1d([...decays]), settings],
    [['N', 'int', count]],
    3 * count,
  );
  return [outputs.slice(0, count), outputs.slice(count, 2 * count), outputs.slice(2 * count)];
}

function composed(
  { value, grad, slots: [mean, square], decay }: ParameterStep,
  { learningRate, biasCorrections }: StepInputs,
  options: AdamOptions,
): tf.Tensor[] {
  const moments = adamMoments({ grad, mean: mean!, square: square!, biasCorrections }, options);
  const decayedValue = tf.mul(value, tf.sub(1, tf.mul(learningRate, decay)));
  return [tf.sub(decayedValue, tf.mul(moments.direction, learningRate)), moments.mean, moments.square];
}
