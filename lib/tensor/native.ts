import { kernelsLoaded } from './backend';
import * as tf from './tf';

/** An attribute of a TensorFlow op: its name, its kind and its value. */
export type Attribute =
  | readonly [name: string, kind: 'float' | 'int', value: number]
  | readonly [name: string, kind: 'bool', value: boolean]
  | readonly [name: string, kind: 'string', value: string]
  | readonly [name: string, kind: 'ints', value: readonly number[]]
  | readonly [name: string, kind: 'type', value: 'float32' | 'int32'];

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What we use of tfjs-node's backend: any op of libtensorflow, by name. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<Record<'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32', number>>;
  executeMultipleOutputs(name: string, attributes: readonly OpAttribute[], inputs: readonly tf.Tensor[], outputs: number): tf.Tensor[];
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
export function execute(name: string, inputs: readonly tf.Tensor[], attributes: readonly Attribute[], outputs = 1): tf.Tensor[] {
  const backend = nativeBackend();
  if (!backend) throw new Error(`${name} needs the native TensorFlow backend, and the backend here is ${tf.getBackend()}`);
  return backend.executeMultipleOutputs(name, attributes.map((attribute) => encode(attribute, backend.binding)), inputs, outputs);
}

function encode([name, kind, value]: Attribute, binding: NativeBackend['binding']): OpAttribute {
  switch (kind) {
    case 'float': return { name, type: binding.TF_ATTR_FLOAT, value };
    case 'int': case 'ints': return { name, type: binding.TF_ATTR_INT, value };
    case 'bool': return { name, type: binding.TF_ATTR_BOOL, value };
    case 'string': return { name, type: binding.TF_ATTR_STRING, value };
    case 'type': return { name, type: binding.TF_ATTR_TYPE, value: value === 'float32' ? binding.TF_FLOAT : binding.TF_INT32 };
  }
}

function nativeBackend(): NativeBackend | undefined {
  const backend: unknown = tf.backend();
  return isNativeBackend(backend) ? backend : undefined;
}

function isNativeBackend(backend: unknown): backend is NativeBackend {
  return typeof backend === 'object' && backend !== null && 'executeMultipleOutputs' in backend && 'binding' in backend;
}
