import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';
import { updateInGroups, type ParameterStep, type StepInputs, type StepResult } from './step';

export interface SgdOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
}

/**
 * One step of stochastic gradient descent with momentum, as in PyTorch: the learning rate multiplies the velocity, not
 * the gradient. One slot: the velocity.
 */
export function sgd(inputs: StepInputs, options: SgdOptions): StepResult {
  return hasKernels() ? fused(inputs, options) : updateInGroups(inputs, (one) => composed(one, inputs, options));
}

function fused(
  { values, grads, slots, decays, learningRate, gradScale = tf.scalar(1) }: StepInputs,
  { momentum, nesterov }: SgdOptions,
): StepResult {
  const count = values.length;
  const settings = tf.stack([learningRate, momentum, gradScale]);
  const outputs = execute(
    'OfaSgd',
    [...values, ...grads, ...slots.flat(), tf.tensor1d([...decays]), settings],
    [
      ['N', 'int', count],
      ['nesterov', 'bool', nesterov],
    ],
    2 * count,
  );
  return [outputs.slice(0, count), outputs.slice(count)];
}

function composed(
  { value, grad, slots: [velocity], decay }: ParameterStep,
  { learningRate }: StepInputs,
  { momentum, nesterov }: SgdOptions,
): tf.Tensor[] {
  const decayedGrad = tf.add(grad, tf.mul(value, decay));
  const newVelocity = tf.add(tf.mul(velocity!, momentum), decayedGrad);
  const direction = nesterov ? tf.add(decayedGrad, tf.mul(newVelocity, momentum)) : newVelocity;
  return [tf.sub(value, tf.mul(direction, learningRate)), newVelocity];
}
