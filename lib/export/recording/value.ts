import type { Constant } from '../onnx/graph';

/** A tensor whose elements do not depend on the images. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** Path of the parameter that it is, if any. */
  readonly name?: string;
}

/**
 * A tensor that nodes compute. Images and features are [batch, height, width, channels] here and [batch, channels,
 * height, width] in ONNX; a transposition is recorded only where a node needs another order of axes.
 */
export interface ComputedValue {
  readonly kind: 'computed';
  /** Name in the graph. */
  readonly name: string;
  /** As in the network. */
  readonly shape: readonly number[];
  /** `order[i]` is the axis in the network that is axis i in the graph. */
  readonly order: readonly number[];
}

export type Value = ConstantValue | ComputedValue;

/** The axes in their own order. */
export function identityOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** The order of images in ONNX. */
export const channelsFirst: readonly number[] = [0, 3, 1, 2];

export function sameOrder(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

/** Returns a copy with other axes: axis i of the result is axis `order[i]` of the constant. */
export function permuted({ shape, data }: Pick<ConstantValue, 'shape' | 'data'>, order: readonly number[]): Constant {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const newShape = order.map((axis) => shape[axis]!);
  const newStrides = order.map((axis) => strides[axis]!);
  const result = data instanceof Float32Array ? new Float32Array(data.length) : new Int32Array(data.length);
  const index = newShape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis]++;
      from += newStrides[axis]!;
      if (index[axis]! < newShape[axis]!) break;
      from -= newStrides[axis]! * newShape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: newShape, data: result };
}
