import * as tf from '../../../tensor/engine/tf';
import type { Recorder } from '../recorder';
import { identityOrder, permuted, sameOrder, type ComputedValue, type Value } from '../value';
import { int, type Call, type Translator } from './translator';

/** Ops that act on each element: TensorFlow's name and ONNX's. */
const unaryOps = {
  Abs: 'Abs',
  Ceil: 'Ceil',
  Elu: 'Elu',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Selu: 'Selu',
  Sigmoid: 'Sigmoid',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tanh: 'Tanh',
} as const;

const binaryOps = {
  Add: 'Add',
  Sub: 'Sub',
  Multiply: 'Mul',
  RealDiv: 'Div',
  Maximum: 'Max',
  Minimum: 'Min',
  Pow: 'Pow',
} as const;

/** Ops that act on each element, and arithmetic of two tensors whose shapes broadcast. */
export const elementwise: Readonly<Record<string, Translator>> = {
  ...Object.fromEntries(Object.entries(unaryOps).map(([op, name]) => [op, unary(({ node }, x) => node(name, [x]))])),
  ...Object.fromEntries(Object.entries(binaryOps).map(([op, name]) => [op, binary((r, a, b) => r.node(name, [a, b]))])),
  Identity: ({ inputs }) => inputs['x']!,
  Gelu: unary(gelu),
  LeakyRelu: unary(({ node }, x, { attributes }) =>
    node('LeakyRelu', [x], { alpha: { float: int(attributes, 'alpha') } }),
  ),
  Relu6: unary(({ node, scalar }, x) => node('Clip', [x, scalar(0), scalar(6)])),
  ClipByValue: unary(({ node, scalar }, x, { attributes }) =>
    node('Clip', [x, scalar(int(attributes, 'clipValueMin')), scalar(int(attributes, 'clipValueMax'))]),
  ),
  Rsqrt: unary(({ node }, x) => node('Reciprocal', [node('Sqrt', [x])])),
  Square: unary(({ node }, x) => node('Mul', [x, x])),
  SquaredDifference: binary((recorder, a, b) => {
    const difference = recorder.node('Sub', [a, b]);
    return recorder.node('Mul', [difference, difference]);
  }),
};

/** What a unary op adds nodes with. */
interface Nodes {
  readonly node: Recorder['node'];
  readonly scalar: (value: number) => string;
}

/** The axes keep their order. */
function unary(add: (nodes: Nodes, x: string, call: Call) => string): Translator {
  return (call) => {
    const { recorder } = call;
    const x = Object.values(call.inputs)[0]!;
    const order = orderOf(x);
    const nodes: Nodes = {
      node: (...node) => recorder.node(...node),
      scalar: (value) => recorder.weight({ shape: [], data: Float32Array.of(value) }),
    };
    return { kind: 'computed', name: add(nodes, recorder.inOrder(x, order), call), shape: x.shape, order };
  };
}

/** x / 2 · (1 + erf(x / √2)) in the form that runtimes fuse into one op. */
function gelu({ node, scalar }: Nodes, x: string): string {
  const erf = node('Erf', [node('Div', [x, scalar(Math.SQRT2)])]);
  return node('Mul', [node('Mul', [x, node('Add', [erf, scalar(1)])]), scalar(0.5)]);
}

function binary(add: (recorder: Recorder, a: string, b: string) => string): Translator {
  return ({ recorder, inputs }) => arithmetic(recorder, inputs['a']!, inputs['b']!, add);
}

/** Applies an op with broadcasting to two values, in an order of axes that needs few transpositions. */
export function arithmetic(
  recorder: Recorder,
  a: Value,
  b: Value,
  add: (recorder: Recorder, a: string, b: string) => string,
): ComputedValue {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  const order = commonOrder([a, b], shape.length);
  const [left, right] = [a, b].map((value) => operand(recorder, value, order));
  return { kind: 'computed', name: add(recorder, left!, right!), shape, order };
}

/** The order of the first computed value that is not in the network's order; the network's order if ranks differ. */
export function commonOrder(values: readonly Value[], rank: number): readonly number[] {
  const computed = values.filter((value): value is ComputedValue => value.kind === 'computed');
  const identity = identityOrder(rank);
  if (computed.some(({ order }) => order.length !== rank && order.length > 0)) return identity;
  return computed.find(({ order }) => order.length === rank && !sameOrder(order, identity))?.order ?? identity;
}

function orderOf(value: Value): readonly number[] {
  return value.kind === 'computed' ? value.order : identityOrder(value.shape.length);
}

/** The name of an operand that broadcasts with a value in this order of axes. */
function operand(recorder: Recorder, value: Value, order: readonly number[]): string {
  if (value.kind === 'computed')
    return value.shape.length === order.length ? recorder.inOrder(value, order) : recorder.plain(value);
  const one = recorder.withoutBatch(value);
  if (sameOrder(order, identityOrder(order.length))) return recorder.plain({ ...one, name: value.name });
  const shape = [...Array.from({ length: order.length - one.shape.length }, () => 1), ...one.shape];
  return recorder.weight(permuted({ shape, data: one.data }, order), value.name);
}
