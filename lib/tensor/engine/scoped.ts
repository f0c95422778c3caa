import * as tf from './tf';

/** Runs a function, disposes all tensors that it created, and returns its result, which contains no tensor. */
export function scoped<T>(work: () => T): T {
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}
