import * as tf from './tf';

/** The value of an op, the tensors that its gradient reads, and the gradient: one tensor for each input, in order. */
export interface Differentiable<T extends tf.Tensor> {
  readonly value: T;
  readonly saved: readonly tf.Tensor[];
  readonly backward: (dy: T, saved: readonly tf.Tensor[]) => tf.Tensor[];
}

/** Records `forward` as one op with its own gradient, in place of the ops within it. */
export function customGradient<T extends tf.Tensor>(inputs: readonly tf.Tensor[], forward: () => Differentiable<T>): T {
  const op = tf.customGrad<T>((...args) => {
    const save = args[args.length - 1];
    const { value, saved, backward } = forward();
    if (typeof save === 'function') save([...saved]);
    return { value, gradFunc: (dy: T, kept: tf.Tensor[]) => backward(dy, kept) };
  });
  return op(...inputs);
}

/** Computes a tensor of others that is a constant to the gradient, as PyTorch's `detach`. */
export function withoutGradient<T extends tf.Tensor>(inputs: readonly tf.Tensor[], compute: () => T): T {
  return customGradient(inputs, () => ({
    value: compute(),
    saved: [],
    backward: () => inputs.map((input) => tf.zeros(input.shape)),
  }));
}
