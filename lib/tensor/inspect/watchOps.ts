import { nativeBackend } from '../engine/native';
import * as tf from '../engine/tf';

/** Called after each op with its name, inputs and outputs. */
export type OpListener = (op: string, inputs: readonly tf.Tensor[], outputs: readonly tf.Tensor[]) => void;

/** Calls the listener after every op of the engine, until the returned function is called. */
export function watchOps(listener: OpListener): () => void {
  const backend = tf.backend();
  const native = nativeBackend();
  const previous = native?.onBfloat16Op;
  if (native) native.onBfloat16Op = listener;
  const restore = ['executeSingleOutput', 'executeMultipleOutputs'].map((method) => {
    const original: unknown = Reflect.get(backend, method);
    const own = Object.getOwnPropertyDescriptor(backend, method);
    if (typeof original !== 'function') return () => undefined;
    Reflect.set(backend, method, (...args: readonly unknown[]): unknown => {
      const result: unknown = Reflect.apply(original, backend, args);
      listener(String(args[0]), tensorsOf(args[2]), tensorsOf([result].flat()));
      return result;
    });
    return () => (own ? Reflect.defineProperty(backend, method, own) : Reflect.deleteProperty(backend, method));
  });
  return () => {
    for (const undo of restore) undo();
    if (native) native.onBfloat16Op = previous;
  };
}

function tensorsOf(values: unknown): tf.Tensor[] {
  return Array.isArray(values) ? values.filter((value): value is tf.Tensor => value instanceof tf.Tensor) : [];
}
