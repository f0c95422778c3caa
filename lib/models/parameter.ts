import type { Precision } from '../tensor/engine/execute';
import * as tf from '../tensor/engine/tf';

/**
 * How PyTorch stores the same array: `conv` as [out, in, height, width], `depthwise` as [channels, 1, height, width],
 * `linear` as [out, in], `plain` as here.
 */
export type Layout = 'conv' | 'depthwise' | 'linear' | 'plain';

/** One array of a network: a weight, or a buffer (`trainable: false`) such as a running mean. */
export class Parameter<R extends tf.Rank = tf.Rank> {
  readonly variable: tf.Variable<R>;
  /** Precision of matrix products with this weight. The weight itself is always stored in float32. */
  precision: Precision = 'float32';

  /** Takes over `initial` and disposes it. */
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

/** A layer or a network: an object whose fields hold parameters, other modules, or arrays of them. */
export type Module = object;

/** A parameter and its path, which is its name in timm's state dict (`layer1.0.bn1.running_mean`). */
export type NamedParameter = readonly [path: string, parameter: Parameter];

/** Returns every parameter and buffer of a module, in the order of its fields. */
export function parameters(module: Module, prefix = ''): NamedParameter[] {
  return Object.entries(module).flatMap(([field, child]: [string, unknown]): NamedParameter[] => {
    const path = prefix + snakeCase(field);
    if (child instanceof Parameter) return [[path, child]];
    return typeof child === 'object' && child !== null && !(child instanceof tf.Tensor)
      ? parameters(child, `${path}.`)
      : [];
  });
}

/** Counts the trained numbers of a module: the number of parameters that papers report. */
export function parameterCount(module: Module): number {
  return parameters(module).reduce((sum, [, { trainable, value }]) => sum + (trainable ? value.size : 0), 0);
}

/**
 * Sets the precision of all matrix products and convolutions of a module. Normalisation, sums and depthwise
 * convolutions stay in float32.
 */
export function setPrecision(module: Module, precision: Precision): void {
  for (const [, parameter] of parameters(module)) parameter.precision = precision;
}

/** Disposes every parameter and buffer of a module. */
export function disposeModule(module: Module): void {
  for (const [, { variable }] of parameters(module)) variable.dispose();
}

/** `runningMean` → `running_mean`, as state dicts spell it. */
export function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
