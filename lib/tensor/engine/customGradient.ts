import * as tf from './tf';

/** A value, what its gradient needs to remember, and that gradient: one tensor for each input, in order. */
export interface Differentiable<T extends tf.Tensor> {
  readonly value: T;
  readonly saved: readonly tf.Tensor[];
  readonly backward: (dy: T, saved: readonly tf.Tensor[]) => tf.Tensor[];
}

/** Runs `forward` as one step of the tape, so that its own gradient stands in for those of the ops inside it. */
export function customGradient<T extends tf.Tensor>(inputs: readonly tf.Tensor[], forward: () => Differentiable<T>): T {
  const op = tf.customGrad<T>((...args) => {
    const save = args[args.length - 1];
    const { value, saved, backward } = forward();
    if (typeof save === 'function') save([...saved]);
    return { value, gradFunc: (dy: T, kept: tf.Tensor[]) => backward(dy, kept) };
  });
  return op(...inputs);
}
