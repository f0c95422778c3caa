import * as tf from '../../lib/tensor/engine/tf';
import { flops } from '../../lib/tensor/inspect/flops';

export type Direction = 'forward' | 'backward';

/** One executed op of a step; on a CPU, ops run one after the other. */
export interface OpRun {
  readonly op: string;
  /** Path of the innermost layer whose `apply` executed the op or recorded its gradient; empty outside layers. */
  readonly layer: string;
  readonly direction: Direction;
  readonly milliseconds: number;
  readonly flops: number;
}

type Call = (this: unknown, ...rest: unknown[]) => unknown;
/** Replaces a method: receives the arguments, and a function that calls the original. */
type Around = (args: readonly unknown[], call: () => unknown) => unknown;

/** Calls `run` once and returns every TensorFlow op that it executes, with its layer in one of the named `modules`. */
export function profile(run: () => void, modules: Readonly<Record<string, object>>): OpRun[] {
  const runs: OpRun[] = [];
  let layer = '';
  let direction: Direction = 'forward';
  const within = (place: string, pass: Direction, call: () => unknown): unknown => {
    const outside = [layer, direction] as const;
    [layer, direction] = [place, pass];
    try {
      return call();
    } finally {
      [layer, direction] = outside;
    }
  };

  // TensorFlow identifies tensors by number, and bfloat16 tensors have no other handle.
  const shapes = new Map<unknown, readonly number[]>();
  const shapesOf = (ids: unknown): (readonly number[])[] =>
    Array.isArray(ids) ? ids.map((id: unknown) => shapes.get(id) ?? []) : [];
  const undo = [
    wrap(tf.backend(), 'getInputTensorIds', ([tensors], call) => {
      const ids = call();
      if (Array.isArray(ids) && Array.isArray(tensors))
        ids.forEach((id: unknown, i) => {
          const tensor: unknown = tensors[i];
          if (tensor instanceof tf.Tensor) shapes.set(id, (tensor as tf.Tensor).shape);
        });
      return ids;
    }),
    wrapBinding('executeOp', ([op, , inputs], call) => {
      const started = performance.now();
      const result = call();
      const milliseconds = performance.now() - started;
      const outputs = handles(result);
      for (const { id, shape } of outputs) shapes.set(id, shape);
      runs.push({
        op: String(op),
        layer,
        direction,
        milliseconds,
        flops: flops(String(op), { inputs: shapesOf(inputs), outputs: outputs.map(({ shape }) => shape) }),
      });
      return result;
    }),
    // A gradient belongs to the layer that recorded it on the tape.
    wrap(tf.engine(), 'addTapeNode', (_, call) => {
      const place = layer;
      const result = call();
      const tape: unknown = tf.engine().state.activeTape;
      // A gradient function returns one function for each input, which computes the gradient when tfjs calls it.
      if (Array.isArray(tape))
        wrap(tape[tape.length - 1], 'gradient', (__, gradient) => {
          const gradients = within(place, 'backward', gradient);
          return typeof gradients === 'object' && gradients !== null
            ? Object.fromEntries(
                Object.entries(gradients).map(([input, each]: [string, unknown]) => [
                  input,
                  isCall(each) ? () => within(place, 'backward', () => each()) : each,
                ]),
              )
            : gradients;
        });
      return result;
    }),
    ...Object.entries(modules).flatMap(([name, module]) =>
      layersOf(module, name).map(([path, object]) => wrap(object, 'apply', (_, call) => within(path, direction, call))),
    ),
  ];
  try {
    run();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
  return runs;
}

/** All objects inside a module that have an `apply`, with their paths, outermost first. */
function layersOf(module: object, path: string): [path: string, layer: object][] {
  return [
    ...(typeof Reflect.get(module, 'apply') === 'function' ? [[path, module] as [string, object]] : []),
    ...Object.entries(module).flatMap(([field, child]: [string, unknown]) =>
      typeof child === 'object' && child !== null && !(child instanceof tf.Tensor)
        ? layersOf(child, `${path}.${field}`)
        : [],
    ),
  ];
}

function wrap(target: unknown, method: string, around: Around): () => void {
  if (typeof target !== 'object' || target === null) return () => undefined;
  const original: unknown = Reflect.get(target, method);
  if (!isCall(original)) return () => undefined;
  const own = Object.hasOwn(target, method);
  Reflect.set(target, method, function wrapped(this: unknown, ...args: unknown[]): unknown {
    return around(args, () => original.apply(this, args));
  });
  return () => {
    if (own) Reflect.set(target, method, original);
    else Reflect.deleteProperty(target, method);
  };
}

/** Replaces the binding by an object that inherits from it, because its own functions are read-only. */
function wrapBinding(method: string, around: Around): () => void {
  const backend = tf.backend();
  const binding: unknown = Reflect.get(backend, 'binding');
  if (typeof binding !== 'object' || binding === null) return () => undefined;
  const original: unknown = Reflect.get(binding, method);
  if (!isCall(original)) return () => undefined;
  Reflect.set(
    backend,
    'binding',
    Object.create(binding, {
      [method]: { value: (...args: unknown[]) => around(args, () => original.apply(binding, args)) },
    }),
  );
  return () => {
    Reflect.set(backend, 'binding', binding);
  };
}

interface Handle {
  readonly id: number;
  readonly shape: readonly number[];
}

function handles(value: unknown): Handle[] {
  return Array.isArray(value)
    ? value.filter(
        (each): each is Handle => typeof each === 'object' && each !== null && 'id' in each && 'shape' in each,
      )
    : [];
}

function isCall(value: unknown): value is Call {
  return typeof value === 'function';
}
