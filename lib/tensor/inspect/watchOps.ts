import { nativeBackend } from '../engine/native';
import * as tf from '../engine/tf';

/** Hears of each op of the engine once it has run: its name, inputs and outputs. */
export type OpListener = (op: string, inputs: readonly tf.Tensor[], outputs: readonly tf.Tensor[]) => void;

/** Lets the listener hear of every op until the function returned is called. */
export function watchOps(listener: OpListener): () => void {
  const backend = tf.backend();
  const native = nativeBackend();
  const before = native?.onRounded;
  if (native) native.onRounded = listener;
  const restore = ['executeSingleOutput', 'executeMultipleOutputs'].map((method) => {
    const original: unknown = Reflect.get(backend, method);
    const own = Object.getOwnPropertyDescriptor(backend, method);
    if (typeof original !== 'function') return () => undefined;
    Reflect.set(backend, method, (...args: readonly unknown[]): unknown => {
      const result: unknown = Reflect.apply(original, backend, args);
      listener(String(args[0]), tensors(args[2]), tensors([result].flat()));
      return result;
    });
    return () => (own ? Reflect.defineProperty(backend, method, own) : Reflect.deleteProperty(backend, method));
  });
  return () => {
    for (const undo of restore) undo();
    if (native) native.onRounded = before;
  };
}

function tensors(values: unknown): tf.Tensor[] {
  return Array.isArray(values) ? values.filter((value): value is tf.Tensor => value instanceof tf.Tensor) : [];
}
