import { UserError } from '../../errors';
import type { Attribute, Constant, Node } from '../onnx/graph';
import { identityOrder, permuted, sameOrder, type ComputedValue, type ConstantValue, type Value } from './value';

/** Name of the graph's input. transformers.js expects it. */
export const inputName = 'pixel_values';

/**
 * Collects the nodes and weights of a graph while a network runs. The network runs on a batch whose size is a large
 * prime, so that a dimension is a multiple of it exactly if it depends on the size of the batch.
 */
export class Recorder {
  readonly nodes: Node[] = [];
  readonly weights = new Map<string, Constant>();
  /** Names of small constants by their content, and of values in another order of axes. */
  private readonly reused = new Map<string, string>();

  constructor(readonly batch: number) {}

  /** Adds a node and returns the name of its output. */
  node(op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    return this.nodeWithOutputs(op, inputs, attributes, 1)[0]!;
  }

  /** Adds a node and returns the names of its outputs. */
  nodeWithOutputs(op: string, inputs: readonly string[], attributes: Node['attributes'], count: number): string[] {
    const base = `${op}_${this.nodes.length}`;
    const outputs = count === 1 ? [base] : Array.from({ length: count }, (_, i) => `${base}_${i}`);
    this.nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  /** Adds a weight and returns its name. Small weights with equal content are stored once. */
  weight(constant: Constant, name?: string): string {
    const { shape, data } = constant;
    const content = data.length <= 16 ? `${data.constructor.name} [${shape.join()}] ${data.join()}` : undefined;
    const known = content === undefined ? undefined : this.reused.get(content);
    if (known !== undefined && name === undefined) return known;
    const free = this.freeName(name ?? `constant_${this.weights.size}`);
    this.weights.set(free, constant);
    if (content !== undefined) this.reused.set(content, free);
    return free;
  }

  /** Adds a list of integers, such as axes, and returns its name. */
  ints(values: readonly number[]): string {
    return this.weight({ shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  /** Whether a dimension depends on the size of the batch. */
  isBatch(size: number): boolean {
    return size > 0 && size % this.batch === 0;
  }

  /** Returns the name of a value with its axes in the network's order. */
  plain(value: Value): string {
    return this.inOrder(value, identityOrder(value.shape.length));
  }

  /** Returns the name of a value whose axis i in the graph is axis `order[i]` in the network. */
  inOrder(value: Value, order: readonly number[]): string {
    return value.kind === 'constant' ? this.constantInOrder(value, order) : this.computedInOrder(value, order);
  }

  /** The same constant with one example instead of a batch, for ops that broadcast. */
  withoutBatch(value: ConstantValue): ConstantValue {
    const axis = value.shape.findIndex((size) => this.isBatch(size));
    if (axis < 0) return value;
    const { shape, data } = value;
    const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1);
    const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    const one = permuted({ shape: [outer, shape[axis]!, inner], data }, [1, 0, 2]).data.slice(0, outer * inner);
    const isRepeated =
      outer === 1 && shape[axis] === this.batch && data.every((element, i) => element === one[i % inner]);
    if (!isRepeated || one instanceof BigInt64Array)
      throw new UserError(
        `a constant of shape [${shape.join(', ')}] differs between the examples of a batch, so that the network does ` +
          'not treat all images in the same way',
      );
    return { kind: 'constant', dtype: value.dtype, shape: shape.map((size, i) => (i === axis ? 1 : size)), data: one };
  }

  private constantInOrder(value: ConstantValue, order: readonly number[]): string {
    const one = this.withoutBatch(value);
    const inPlace = sameOrder(order, identityOrder(order.length));
    const key = value.name && `${value.name} ${order.join()}`;
    const known = key && this.reused.get(key);
    if (known) return known;
    const name = this.weight(inPlace ? one : permuted(one, order), value.name);
    if (key) this.reused.set(key, name);
    if (one === value) return name;
    const sizes = order.map((axis) => value.shape[axis]!);
    return this.node('Expand', [name, this.shapeOf(sizes)]);
  }

  private computedInOrder({ name, order: from }: ComputedValue, order: readonly number[]): string {
    if (sameOrder(from, order)) return name;
    const key = `${name} ${order.join()}`;
    const known = this.reused.get(key);
    if (known !== undefined) return known;
    const perm: Attribute = { ints: order.map((axis) => from.indexOf(axis)) };
    const transposed = this.node('Transpose', [name], { perm });
    this.reused.set(key, transposed);
    return transposed;
  }

  /** Adds nodes for a shape of which one dimension is the size of the batch. */
  private shapeOf(sizes: readonly number[]): string {
    const batch = sizes.findIndex((size) => this.isBatch(size));
    const size = this.node('Shape', [inputName], { start: { int: 0 }, end: { int: 1 } });
    const parts = [sizes.slice(0, batch), sizes.slice(batch + 1)].map((part) =>
      part.length > 0 ? [this.ints(part)] : [],
    );
    const names = [...parts[0]!, size, ...parts[1]!];
    return names.length === 1 ? size : this.node('Concat', names, { axis: { int: 0 } });
  }

  private freeName(name: string): string {
    let free = name;
    for (let i = 2; this.weights.has(free); i++) free = `${name}_${i}`;
    return free;
  }
}
