import * as tf from '../../engine/tf';

/** What one step of an optimizer reads. All lists have one entry for each parameter. */
export interface StepInputs {
  readonly values: readonly tf.Tensor[];
  readonly grads: readonly tf.Tensor[];
  /** The running averages of the optimizer, one list for each slot. */
  readonly slots: readonly (readonly tf.Tensor[])[];
  readonly decays: readonly number[];
  readonly learningRate: tf.Scalar;
  /** 1 − βᵗ at step t, counted from 1, for each of the optimizer's moments. */
  readonly biasCorrections: readonly tf.Scalar[];
  /** Factor of every gradient. Default: 1. */
  readonly gradScale?: tf.Scalar | undefined;
}

/** New values, then the new tensors of each slot, as lists like those of the inputs. */
export type StepResult = tf.Tensor[][];

/** The inputs of one parameter, or of several of the same shape that are stacked; the gradient is already scaled. */
export interface ParameterStep {
  readonly value: tf.Tensor;
  readonly grad: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
  readonly decay: number;
}

/**
 * Applies `update`, which returns the new value and slots, to every parameter. Parameters of the same shape and decay
 * are stacked and updated together: on a GPU the time of a step depends on the count of ops, not on their sizes.
 */
export function updateInGroups(inputs: StepInputs, update: (parameter: ParameterStep) => tf.Tensor[]): StepResult {
  const { values, grads, slots, decays, gradScale } = inputs;
  const result: StepResult = [values, ...slots].map(() => []);
  for (const group of groupsOf(values, decays)) {
    const isSingle = group.length === 1;
    const stacked = (tensors: readonly tf.Tensor[]): tf.Tensor =>
      isSingle ? tensors[group[0]!]! : tf.stack(group.map((i) => tensors[i]!));
    const grad = stacked(grads);
    const updated = update({
      value: stacked(values),
      grad: gradScale ? tf.mul(grad, gradScale) : grad,
      slots: slots.map(stacked),
      decay: decays[group[0]!]!,
    });
    updated.forEach((tensor, part) =>
      (isSingle ? [tensor] : tf.unstack(tensor)).forEach((each, k) => {
        result[part]![group[k]!] = each;
      }),
    );
  }
  return result;
}

/** Indices of the parameters, grouped by shape and decay. */
function groupsOf(values: readonly tf.Tensor[], decays: readonly number[]): number[][] {
  const groups = new Map<string, number[]>();
  values.forEach(({ shape }, i) => {
    const key = `${shape.join('×')}, ${decays[i]}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}
