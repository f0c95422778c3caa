/** An array with its shape. */
export interface Constant {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** An attribute of a node, in ONNX's types. */
export type Attribute = { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number };

/** One operator of ONNX. Inputs and outputs are names of values. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An input or output of the graph, in float32. A dimension is a number, or the name of one that varies. */
export interface Port {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** A computation: nodes in an order in which they can run, and the values of weights by their names. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly weights: ReadonlyMap<string, Constant>;
}
