import * as tf from '../../../tensor/engine/tf';
import type { Recorder } from '../recorder';
import { identityOrder, type ComputedValue, type Value } from '../value';
import { commonOrder } from './elementwise';
import { int, ints, type Translator } from './translator';

/** Ops that move elements without computing. */
export const shapes: Readonly<Record<string, Translator>> = {
  Cast: ({ inputs, attributes }) => {
    if (attributes['dtype'] !== 'float32') throw new Error(`Casts to ${String(attributes['dtype'])}`);
    return inputs['x']!;
  },
  Reshape: ({ recorder, inputs, attributes }) => {
    const x = inputs['x']!;
    const size = x.shape.reduce((product, dimension) => product * dimension, 1);
    return reshape(recorder, x, tf.util.inferFromImplicitShape(ints(attributes, 'shape'), size));
  },
  ExpandDims: ({ recorder, inputs, attributes }) => {
    const x = inputs['input']!;
    const dim = int(attributes, 'dim');
    const shape = [...x.shape];
    shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
    return reshape(recorder, x, shape);
  },
  Transpose: ({ recorder, inputs, attributes }) => {
    const x = computed(recorder, inputs['x']!);
    const perm = ints(attributes, 'perm');
    const shape = perm.map((axis) => x.shape[axis]!);
    return { ...x, shape, order: x.order.map((axis) => perm.indexOf(axis)) };
  },
  Concat: ({ recorder, inputs, attributes }) => {
    const parts = Object.values(inputs);
    const [first] = parts;
    const axis = tf.util.parseAxisParam(int(attributes, 'axis'), [...first!.shape])[0]!;
    const order = commonOrder(parts, first!.shape.length);
    const shape = [...first!.shape];
    shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
    const names = parts.map((part) => recorder.inOrder(part, order));
    return {
      kind: 'computed',
      name: recorder.node('Concat', names, { axis: { int: order.indexOf(axis) } }),
      shape,
      order,
    };
  },
  Pack: ({ recorder, inputs, attributes }) => {
    const parts = Object.values(inputs);
    const axis = int(attributes, 'axis');
    const names = parts.map((part) => recorder.node('Unsqueeze', [recorder.plain(part), recorder.ints([axis])]));
    const shape = [...parts[0]!.shape];
    shape.splice(axis, 0, parts.length);
    return plainly(recorder.node('Concat', names, { axis: { int: axis } }), shape);
  },
  Unpack: ({ recorder, inputs, attributes }) => {
    const x = computed(recorder, inputs['value']!);
    const axis = tf.util.parseAxisParam(int(attributes, 'axis'), [...x.shape])[0]!;
    const place = x.order.indexOf(axis);
    const order = x.order.filter((each) => each !== axis).map((each) => (each > axis ? each - 1 : each));
    const shape = x.shape.filter((_, each) => each !== axis);
    return Array.from({ length: x.shape[axis]! }, (_, i): Value => {
      const index = recorder.weight({ shape: [], data: BigInt64Array.of(BigInt(i)) });
      const name = recorder.node('Gather', [x.name, index], { axis: { int: place } });
      return { kind: 'computed', name, shape, order };
    });
  },
  SplitV: ({ recorder, inputs, attributes }) => {
    const x = computed(recorder, inputs['x']!);
    const axis = tf.util.parseAxisParam(int(attributes, 'axis'), [...x.shape])[0]!;
    const given = attributes['numOrSizeSplits'];
    const sizes =
      typeof given === 'number'
        ? Array.from({ length: given }, () => x.shape[axis]! / given)
        : ints(attributes, 'numOrSizeSplits');
    const place = x.order.indexOf(axis);
    const names = recorder.nodeWithOutputs(
      'Split',
      [x.name, recorder.ints(sizes)],
      { axis: { int: place } },
      sizes.length,
    );
    return names.map((name, i): Value => {
      const shape = x.shape.map((size, each) => (each === axis ? sizes[i]! : size));
      return { kind: 'computed', name, shape, order: x.order };
    });
  },
  Slice: ({ recorder, inputs, attributes }) => {
    const x = computed(recorder, inputs['x']!);
    const begin = ints(attributes, 'begin');
    const sizes = ints(attributes, 'size');
    const starts = x.shape.map((_, axis) => begin[axis] ?? 0);
    const shape = x.shape.map((whole, axis) => ((sizes[axis] ?? -1) < 0 ? whole - starts[axis]! : sizes[axis]!));
    const cut = x.shape.flatMap((whole, axis) => (shape[axis] === whole ? [] : [axis]));
    if (cut.length === 0) return x;
    if (cut.some((axis) => recorder.isBatch(x.shape[axis]!))) throw new Error('Slices of the batch');
    const places = cut.map((axis) => x.order.indexOf(axis));
    const name = recorder.node('Slice', [
      x.name,
      recorder.ints(cut.map((axis) => starts[axis]!)),
      recorder.ints(cut.map((axis) => starts[axis]! + shape[axis]!)),
      recorder.ints(places),
    ]);
    return { ...x, name, shape };
  },
  PadV2: ({ recorder, inputs, attributes }) => {
    const x = computed(recorder, inputs['x']!);
    const paddings = pairs(attributes['paddings']);
    const inGraph = x.order.map((axis) => paddings[axis]!);
    const amounts = [...inGraph.map(([before]) => before), ...inGraph.map(([, after]) => after)];
    const value = recorder.weight({ shape: [], data: Float32Array.of(int(attributes, 'constantValue')) });
    const name = recorder.node('Pad', [x.name, recorder.ints(amounts), value]);
    return { ...x, name, shape: x.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]) };
  },
  GatherV2: ({ recorder, inputs, attributes }) => {
    const { x, indices } = inputs;
    if (attributes['batchDims'] !== undefined && attributes['batchDims'] !== 0) throw new Error('Gathers by example');
    const axis = tf.util.parseAxisParam(int(attributes, 'axis'), [...x!.shape])[0]!;
    const name = recorder.node('Gather', [recorder.plain(x!), recorder.plain(indices!)], { axis: { int: axis } });
    return plainly(name, [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)]);
  },
  Tile: ({ recorder, inputs, attributes }) => {
    const x = computed(recorder, inputs['x']!);
    const repeats = ints(attributes, 'reps');
    const name = recorder.node('Tile', [x.name, recorder.ints(x.order.map((axis) => repeats[axis]!))]);
    return { ...x, name, shape: x.shape.map((size, axis) => size * repeats[axis]!) };
  },
};

function reshape(recorder: Recorder, x: Value, shape: readonly number[]): Value {
  if (shape.join() === x.shape.join()) return x;
  const batches = shape.filter((size) => recorder.isBatch(size));
  if (batches.length > 1) throw new Error(`A reshape to [${shape.join(', ')}], with several sizes of the batch,`);
  const sizes = shape.map((size) => (recorder.isBatch(size) ? -1 : size));
  return plainly(recorder.node('Reshape', [recorder.plain(x), recorder.ints(sizes)]), shape);
}

function computed(recorder: Recorder, value: Value): ComputedValue {
  return value.kind === 'computed' ? value : plainly(recorder.plain(value), value.shape);
}

/** A computed value with its axes in the network's order. */
function plainly(name: string, shape: readonly number[]): ComputedValue {
  return { kind: 'computed', name, shape, order: identityOrder(shape.length) };
}

function pairs(value: unknown): (readonly [number, number])[] {
  if (!Array.isArray(value)) throw new Error('Paddings must be a list of pairs.');
  const list: readonly unknown[] = value;
  return list.map((pair) => {
    const both: readonly unknown[] = Array.isArray(pair) ? pair : [];
    const [before, after] = both;
    if (typeof before !== 'number' || typeof after !== 'number') throw new Error('Paddings must be pairs of numbers.');
    return [before, after] as const;
  });
}
