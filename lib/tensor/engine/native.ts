import { kernelsLoaded } from './backend';
import * as tf from './tf';

/** An attribute of an op, as tfjs-node's binding takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** An array in TensorFlow's memory. */
export interface Handle {
  readonly id: number;
}

/** The parts that we use of tfjs-node's backend, which can run any op of libtensorflow by name. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  /** Called with each op that `executeIn` runs in bfloat16, which does not go through the methods below. */
  onBfloat16Op?: (op: string, inputs: readonly tf.Tensor[], outputs: readonly tf.Tensor[]) => void;
  binding: Binding;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(output: Handle): tf.Tensor;
}

type AttributeType =
  'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32';

/** The functions of tfjs-node's addon; arrays are passed by their ids. */
export interface Binding extends Readonly<Record<AttributeType, number>> {
  readonly TF_Version: string;
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  executeOp(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number): Handle[];
  deleteTensor(id: number): void;
  tensorDataSync(id: number): unknown;
  runSavedModel(...args: readonly unknown[]): unknown;
  /** Present if the setup built the addon of `engine/binding`. */
  readonly functions?: FunctionBuilder;
  readonly precision?: { allowTf32(allowed: boolean): void };
}

/** The graph of a function; only the functions of `FunctionBuilder` can use it. */
export type FunctionGraph = { readonly kind: unique symbol };

/** Builds functions that `executeOp` runs by name. Values within a graph have indices. */
export interface FunctionBuilder {
  newGraph(): FunctionGraph;
  /** Adds an input of the type and shape of an array. */
  addInput(graph: FunctionGraph, like: number): number;
  addConstant(graph: FunctionGraph, array: number): number;
  /** Returns the index of the first output. */
  addOp(
    graph: FunctionGraph,
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): number;
  define(graph: FunctionGraph, name: string, results: readonly number[]): void;
  remove(name: string): void;
}

/** The engine's backend if it is tfjs-node's. */
export function nativeBackend(): NativeBackend | undefined {
  const backend: unknown = tf.backend();
  return isNativeBackend(backend) ? backend : undefined;
}

/** Whether ops of libtensorflow can be called by name. */
export function isNative(): boolean {
  return nativeBackend() !== undefined;
}

/** Whether our kernels are used: they are loaded, the device is a CPU, and OFA_KERNELS is not `off`. */
export function hasKernels(): boolean {
  return nativeBackend()?.isUsingGpuDevice === false && process.env['OFA_KERNELS'] !== 'off' && kernelsLoaded;
}

function isNativeBackend(backend: unknown): backend is NativeBackend {
  return typeof backend === 'object' && backend !== null && 'executeMultipleOutputs' in backend && 'binding' in backend;
}
