import type { Precision } from '../tensor/engine/native';
import type { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';

/** How PyTorch lays the same numbers out: conv [out, in, h, w], depthwise [channels, 1, h, w], linear [out, in]; else as here. */
export type Layout = 'conv' | 'depthwise' | 'linear' | 'plain';

/** A named array of a network: a weight that is trained, or a buffer (trainable: false) that is only kept, as running means are. */
export class Parameter<R extends tf.Rank = tf.Rank> {
  readonly variable: tf.Variable<R>;
  /** What products with it are computed with. It is itself kept in float32. */
  precision: Precision = 'float32';

  constructor(
    initial: tf.Tensor<R>,
    readonly layout: Layout,
    readonly trainable = true,
  ) {
    this.variable = tf.variable(initial, trainable);
    initial.dispose();
  }

  get value(): tf.Tensor<R> {
    return this.variable;
  }
}

/** A layer or network: whatever holds parameters in its fields, directly, in other modules or in arrays of them. */
export type Module = object;

/** A parameter and its path, which is timm's state-dict name (`layer1.0.bn1.running_mean`). */
export type Named = readonly [path: string, parameter: Parameter];

/** Every parameter and buffer beneath a module, in the order of its fields. */
export function parameters(module: Module, prefix = ''): Named[] {
  return Object.entries(module).flatMap(([field, child]: [string, unknown]): Named[] => {
    const path = prefix + stateName(field);
    if (child instanceof Parameter) return [[path, child]];
    return typeof child === 'object' && child !== null && !(child instanceof tf.Tensor)
      ? parameters(child, `${path}.`)
      : [];
  });
}

/** Numbers in all trained weights: what papers call the size of a network. */
export function parameterCount(module: Module): number {
  return parameters(module).reduce((sum, [, { trainable, value }]) => sum + (trainable ? value.size : 0), 0);
}

/** Has all products with weights beneath a module computed in this precision; norms, sums and depthwise convolutions stay as they are. */
export function setPrecision(module: Module, precision: Precision): void {
  for (const [, parameter] of parameters(module)) parameter.precision = precision;
}

/** Frees every parameter and buffer beneath a module. */
export function disposeModule(module: Module): void {
  for (const [, { variable }] of parameters(module)) variable.dispose();
}

/** Constant start. */
export function constant<R extends tf.Rank>(shape: tf.ShapeMap[R], value: number): tf.Tensor<R> {
  return tf.fill<R>(shape, value);
}

/** Normal: the start of transformers' weights. timm's `trunc_normal_` cuts at ±2 itself, a hundred deviations of 0.02 away. */
export function normal<R extends tf.Rank>(shape: tf.ShapeMap[R], deviation: number, random: Random): tf.Tensor<R> {
  return drawn(shape, () => deviation * random.normal());
}

/** Normal with the tails cut at two deviations, as timm's `trunc_normal_tf_`. */
export function truncatedNormal<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  deviation: number,
  random: Random,
): tf.Tensor<R> {
  return drawn(shape, () => deviation * random.truncatedNormal());
}

/** Normal with deviation sqrt(2 / fanOut) (He et al. 2015, eq. 14). */
export function kaimingNormal<R extends tf.Rank>(shape: tf.ShapeMap[R], fanOut: number, random: Random): tf.Tensor<R> {
  return normal<R>(shape, Math.sqrt(2 / fanOut), random);
}

/** Uniform in ±bound: PyTorch's default start has bound 1 / sqrt(fanIn), Xavier's sqrt(6 / (fanIn + fanOut)). */
export function uniform<R extends tf.Rank>(shape: tf.ShapeMap[R], bound: number, random: Random): tf.Tensor<R> {
  return drawn(shape, () => bound * (2 * random.uniform() - 1));
}

function drawn<R extends tf.Rank>(shape: tf.ShapeMap[R], draw: () => number): tf.Tensor<R> {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return tf.tensor<R>(values, shape);
}

/** `runningMean` here is `running_mean` in a state dict. */
function stateName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
