import * as tf from '../../lib/tensor/tf';

/** Time and calls of one kind of op. */
export interface OpTime {
  readonly op: string;
  readonly milliseconds: number;
  readonly calls: number;
}

type Execute = (name: string, ...rest: unknown[]) => unknown;

/** Runs something and tells how long each kind of TensorFlow op took in it, longest first; ops run one after the other on a CPU. */
export function profileOps(run: () => void): OpTime[] {
  const times = new Map<string, { milliseconds: number; calls: number }>();
  const backend: unknown = tf.backend();
  const restore = ['executeSingleOutput', 'executeMultipleOutputs'].map((method) => wrap(backend, method, (name, call) => {
    const started = performance.now();
    const result = call();
    const entry = times.get(name) ?? { milliseconds: 0, calls: 0 };
    times.set(name, { milliseconds: entry.milliseconds + performance.now() - started, calls: entry.calls + 1 });
    return result;
  }));
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return [...times].map(([op, entry]) => ({ op, ...entry })).sort((a, b) => b.milliseconds - a.milliseconds);
}

function wrap(target: unknown, method: string, around: (name: string, call: () => unknown) => unknown): () => void {
  if (typeof target !== 'object' || target === null) return () => undefined;
  const original: unknown = Reflect.get(target, method);
  if (!isExecute(original)) return () => undefined;
  const wrapped: Execute = (name, ...rest) => around(name, () => original.call(target, name, ...rest));
  Reflect.set(target, method, wrapped);
  return () => {
    Reflect.deleteProperty(target, method);
  };
}

function isExecute(value: unknown): value is Execute {
  return typeof value === 'function';
}
