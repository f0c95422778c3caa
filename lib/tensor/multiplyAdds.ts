import { flops } from './flops';
import { isNative } from './native';
import * as tf from './tf';

/**
 * Multiply-adds of the products in a piece of work: those of convolutions, linear layers and attention. What only passes over memory
 * (norms, biases, activations, pooling) counts nothing, as in published tables. Undefined where the engine does not tell its ops.
 */
export function multiplyAddsOf(work: () => void): number | undefined {
  if (!isNative()) return undefined;
  const backend = tf.backend();
  let total = 0;
  const undo = ['executeSingleOutput', 'executeMultipleOutputs'].map((method) => {
    const original: unknown = Reflect.get(backend, method);
    if (typeof original !== 'function') return () => undefined;
    Reflect.set(backend, method, (...args: readonly unknown[]): unknown => {
      const result: unknown = Reflect.apply(original, backend, args);
      total += flops(String(args[0]), { inputs: shapes(args[2]), outputs: shapes([result].flat()) }) / 2;
      return result;
    });
    return () => Reflect.deleteProperty(backend, method);
  });
  try {
    work();
  } finally {
    for (const restore of undo) restore();
  }
  return total;
}

function shapes(tensors: unknown): number[][] {
  return Array.isArray(tensors) ? tensors.map((tensor: unknown) => (tensor instanceof tf.Tensor ? [...(tensor as tf.Tensor).shape] : [])) : [];
}
