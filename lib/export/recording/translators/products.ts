import * as tf from '../../../tensor/engine/tf';
import type { Attribute } from '../../onnx/graph';
import type { Recorder } from '../recorder';
import { channelsFirst, identityOrder, type ComputedValue, type Value } from '../value';
import { arithmetic } from './elementwise';
import { int, ints, type Call, type Translator } from './translator';

/** Convolutions and matrix products. */
export const products: Readonly<Record<string, Translator>> = {
  Convolution: ({ recorder, inputs, attributes }) => {
    const padding = int(attributes, 'padding');
    const stride = int(attributes, 'stride');
    const window = { strides: [stride, stride], dilations: [1, 1], pads: [padding, padding, padding, padding] };
    return convolution(recorder, inputs, { ...window, depthwise: false });
  },
  Conv2D: (call) => convolution(call.recorder, call.inputs, { ...windowOf(call, false), depthwise: false }),
  DepthwiseConv2dNative: (call) =>
    convolution(call.recorder, call.inputs, { ...windowOf(call, true), depthwise: true }),
  Linear: ({ recorder, inputs }) => {
    const { x, weight, bias, residual } = inputs;
    const product = linear(recorder, x!, weight!, bias);
    return residual ? arithmetic(recorder, product, residual, (r, a, b) => r.node('Add', [a, b])) : product;
  },
  BatchMatMul: ({ recorder, inputs, attributes }) => {
    const a = matrix(inputs['a']!, attributes['transposeA'] === true);
    const b = matrix(inputs['b']!, attributes['transposeB'] === true);
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const shape = [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
    const names = [a, b].map(({ value, order }) => recorder.inOrder(value, order));
    return { kind: 'computed', name: recorder.node('MatMul', names), shape, order: identityOrder(shape.length) };
  },
};

interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Top, left, bottom and right. */
  readonly pads: readonly number[];
}

/** The filter is [height, width, in, out], or [height, width, channels, multiplier] of a depthwise convolution. */
function convolution(
  recorder: Recorder,
  { x, filter, bias }: Readonly<Record<string, Value>>,
  { strides, dilations, pads, depthwise }: Window & { readonly depthwise: boolean },
): ComputedValue {
  const [filterHeight = 0, filterWidth = 0, channelsIn = 0, last = 0] = filter!.shape;
  if (depthwise && last !== 1) throw new Error(`Depthwise convolutions with ${last} filters per channel`);
  const channels = depthwise ? channelsIn : last;
  const inputs = [
    recorder.inOrder(x!, channelsFirst),
    recorder.inOrder(filter!, depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]),
    ...(bias ? [recorder.plain(bias)] : []),
  ];
  const attributes: Record<string, Attribute> = {
    kernel_shape: { ints: [filterHeight, filterWidth] },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: pads },
    group: { int: depthwise ? channels : 1 },
  };
  const [batch = 0, height = 0, width = 0] = x!.shape;
  const side = (size: number, filterSize: number, axis: 0 | 1): number =>
    Math.floor((size + pads[axis]! + pads[axis + 2]! - dilations[axis]! * (filterSize - 1) - 1) / strides[axis]! + 1);
  const shape = [batch, side(height, filterHeight, 0), side(width, filterWidth, 1), channels];
  return { kind: 'computed', name: recorder.node('Conv', inputs, attributes), shape, order: channelsFirst };
}

/** The window of TensorFlow's own convolutions, whose padding may be `same` or `valid`. */
function windowOf({ inputs, attributes }: Call, depthwise: boolean): Window {
  const strides = ints(attributes, 'strides');
  const dilations = ints(attributes, 'dilations');
  const { padInfo } = tf.backend_util.computeConv2DInfo(
    fourSizes(inputs['x']!),
    fourSizes(inputs['filter']!),
    [strides[0]!, strides.at(-1)!],
    [dilations[0]!, dilations.at(-1)!],
    padOf(attributes),
    attributes['dimRoundingMode'] === 'ceil' ? 'ceil' : 'floor',
    depthwise,
  );
  return {
    strides: [strides[0]!, strides.at(-1)!],
    dilations: [dilations[0]!, dilations.at(-1)!],
    pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
  };
}

/** The padding of one of TensorFlow's windows. */
export function padOf({ pad }: tf.NamedAttrMap): 'same' | 'valid' | number {
  if (typeof pad === 'number') return pad;
  if (pad === 'same') return 'same';
  if (pad !== 'valid')
    throw new Error(`Padding ${JSON.stringify(pad)} has no counterpart; use a number, same or valid`);
  return 'valid';
}

export function fourSizes({ shape }: Value): [number, number, number, number] {
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  return [a, b, c, d];
}

/** One node for two axes, which runtimes and quantisers know best; otherwise a product and a sum. */
function linear(recorder: Recorder, x: Value, weight: Value, bias: Value | undefined): ComputedValue {
  const shape = [...x.shape.slice(0, -1), weight.shape[1]!];
  const factors = [recorder.plain(x), recorder.plain(weight)];
  const order = identityOrder(shape.length);
  if (bias && shape.length === 2) {
    return { kind: 'computed', name: recorder.node('Gemm', [...factors, recorder.plain(bias)]), shape, order };
  }
  const product = recorder.node('MatMul', factors);
  const name = bias ? recorder.node('Add', [product, recorder.plain(bias)]) : product;
  return { kind: 'computed', name, shape, order };
}

/** A factor, with the order of axes and the shape that it has after its transposition. */
function matrix(value: Value, isTransposed: boolean): { value: Value; order: readonly number[]; shape: number[] } {
  const order = identityOrder(value.shape.length);
  if (isTransposed) order.push(...order.splice(-2).reverse());
  return { value, order, shape: order.map((axis) => value.shape[axis]!) };
}
