import { kernelsLoaded } from './backend';
import * as tf from './tf';

/** An attribute of a TensorFlow op: its name, its kind and its value. */
export type Attribute =
  | readonly [name: string, kind: 'float' | 'int', value: number]
  | readonly [name: string, kind: 'bool', value: boolean]
  | readonly [name: string, kind: 'string', value: string]
  | readonly [name: string, kind: 'ints', value: readonly number[]]
  | readonly [name: string, kind: 'type', value: 'float32' | 'int32'];

/**
 * What products are computed with: float32, or mixed precision, where factors are rounded to bfloat16 and sums are kept in float32
 * (Micikevicius et al. 2018; Kalamkar et al. 2019); TensorFlow's own ops round the result as well. What stands between products is float32 either way.
 */
export type Precision = 'float32' | 'bfloat16';

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What we use of tfjs-node's backend: any op of libtensorflow, by name. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  /** Hears of the ops that `executeIn` runs in bfloat16, of which the functions below do not know. */
  onRounded?: (op: string, inputs: readonly tf.Tensor[], outputs: readonly tf.Tensor[]) => void;
  binding: Readonly<Record<'TF_Version', string>> &
    Readonly<
      Record<
        'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32',
        number
      >
    > & {
      executeOp(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number): Handle[];
      deleteTensor(id: number): void;
      tensorDataSync(id: number): unknown;
      runSavedModel(...given: readonly unknown[]): unknown;
      /** Where set-up built the addon (`binding/binding.cc`). */
      readonly replay?: Recorder;
    };
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(output: Handle): tf.Tensor;
}

/** An array of TensorFlow's own, of whatever type, by its number. */
interface Handle {
  readonly id: number;
}

/** Ops written down by the addon, and a run of them in a thread; of no use but to its functions. */
export type Tape = { readonly kind: unique symbol };
export type Run = { readonly kind: unique symbol };

/** The functions of `binding/binding.cc`; arrays are given by their numbers. */
export interface Recorder {
  record(input: number): Tape;
  add(
    tape: Tape,
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: readonly number[],
  ): void;
  end(tape: Tape, results: readonly number[]): void;
  start(tape: Tape, input: number): Run;
  wait(run: Run): Handle[];
  release(tape: Tape): void;
}

/** True where ops of libtensorflow can be called by name. */
export function isNative(): boolean {
  return nativeBackend() !== undefined;
}

/** True where the kernels under `kernels/` are loaded and computing is on the CPU, for which they are written. */
export function hasKernels(): boolean {
  return nativeBackend()?.isUsingGpuDevice === false && process.env['OFA_KERNELS'] !== 'off' && kernelsLoaded;
}

/** Runs one op of libtensorflow; the caller owns the outputs, as with any tf function. Nothing is recorded for gradients. */
export function execute(
  name: string,
  inputs: readonly tf.Tensor[],
  attributes: readonly Attribute[],
  outputs = 1,
): tf.Tensor[] {
  const backend = native(name);
  return backend.executeMultipleOutputs(
    name,
    attributes.map((attribute) => encode(attribute, backend.binding)),
    inputs,
    outputs,
  );
}

/**
 * Runs an op of one output on float32 inputs, in the precision asked for: its type attribute T is added here. Beside them it may take
 * whole numbers, such as sizes. TensorFlow.js has no bfloat16, so that the rounded arrays live by their handles, within this call alone.
 */
export function executeIn(
  precision: Precision,
  name: string,
  inputs: readonly tf.Tensor[],
  attributes: readonly Attribute[],
): tf.Tensor {
  if (precision === 'float32') return execute(name, inputs, [['T', 'type', 'float32'], ...attributes])[0]!;
  const backend = native(name);
  const { binding } = backend;
  const cast = (id: number, from: number, to: number): Handle =>
    binding.executeOp(
      'Cast',
      [type('SrcT', from), type('DstT', to), { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false }],
      [id],
      1,
    )[0]!;
  const type = (attribute: string, value: number): OpAttribute => ({
    name: attribute,
    type: binding.TF_ATTR_TYPE,
    value,
  });
  const rounded: number[] = [];
  const kept = (handle: Handle): number => {
    rounded.push(handle.id);
    return handle.id;
  };
  try {
    const ids = backend
      .getInputTensorIds(inputs)
      .map((id, i) => (inputs[i]!.dtype === 'float32' ? kept(cast(id, binding.TF_FLOAT, bfloat16)) : id));
    const result = binding.executeOp(
      name,
      [type('T', bfloat16), ...attributes.map((attribute) => encode(attribute, binding))],
      ids,
      1,
    )[0]!;
    const output = backend.createOutputTensor(cast(kept(result), bfloat16, binding.TF_FLOAT));
    backend.onRounded?.(name, inputs, [output]);
    return output;
  } finally {
    for (const id of rounded) binding.deleteTensor(id);
  }
}

/** TF_BFLOAT16, which the binding has no name for. */
const bfloat16 = 14;

function native(name: string): NativeBackend {
  const backend = nativeBackend();
  if (!backend)
    throw new Error(`${name} needs the native TensorFlow backend, and the backend here is ${tf.getBackend()}`);
  return backend;
}

function encode([name, kind, value]: Attribute, binding: NativeBackend['binding']): OpAttribute {
  switch (kind) {
    case 'float':
      return { name, type: binding.TF_ATTR_FLOAT, value };
    case 'int':
    case 'ints':
      return { name, type: binding.TF_ATTR_INT, value };
    case 'bool':
      return { name, type: binding.TF_ATTR_BOOL, value };
    case 'string':
      return { name, type: binding.TF_ATTR_STRING, value };
    case 'type':
      return { name, type: binding.TF_ATTR_TYPE, value: value === 'float32' ? binding.TF_FLOAT : binding.TF_INT32 };
  }
}

/** The engine's backend where it is tfjs-node's. */
export function nativeBackend(): NativeBackend | undefined {
  const backend: unknown = tf.backend();
  return isNativeBackend(backend) ? backend : undefined;
}

function isNativeBackend(backend: unknown): backend is NativeBackend {
  return typeof backend === 'object' && backend !== null && 'executeMultipleOutputs' in backend && 'binding' in backend;
}
