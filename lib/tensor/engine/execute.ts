import { nativeBackend, type Binding, type Handle, type NativeBackend, type OpAttribute } from './native';
import * as tf from './tf';

/** An attribute of a TensorFlow op: its name, kind and value. */
export type Attribute =
  | readonly [name: string, kind: 'float' | 'int', value: number]
  | readonly [name: string, kind: 'bool', value: boolean]
  | readonly [name: string, kind: 'string', value: string]
  | readonly [name: string, kind: 'ints', value: readonly number[]]
  | readonly [name: string, kind: 'type', value: 'float32' | 'int32'];

/**
 * The precision of matrix products: float32, or mixed precision, where factors are rounded to bfloat16 and sums are
 * kept in float32 (Micikevicius et al. 2018; Kalamkar et al. 2019). TensorFlow's own ops also round the result.
 * Everything between products is float32 in both cases.
 */
export type Precision = 'float32' | 'bfloat16';

/** Runs an op of libtensorflow. The caller owns the outputs. No gradient is recorded. */
export function execute(
  name: string,
  inputs: readonly tf.Tensor[],
  attributes: readonly Attribute[],
  outputs = 1,
): tf.Tensor[] {
  const backend = requireNativeBackend(name);
  const encoded = attributes.map((attribute) => encode(attribute, backend.binding));
  return backend.executeMultipleOutputs(name, encoded, inputs, outputs);
}

/**
 * Runs an op with one output and a type attribute T in this precision, and returns float32. Inputs in int32, such as
 * sizes, stay as they are. TensorFlow.js has no bfloat16, so that the rounded arrays exist within this call only.
 */
export function executeIn(
  precision: Precision,
  name: string,
  inputs: readonly tf.Tensor[],
  attributes: readonly Attribute[],
): tf.Tensor {
  return precision === 'float32'
    ? execute(name, inputs, [['T', 'type', 'float32'], ...attributes])[0]!
    : executeInBfloat16(name, inputs, attributes);
}

function executeInBfloat16(name: string, inputs: readonly tf.Tensor[], attributes: readonly Attribute[]): tf.Tensor {
  const backend = requireNativeBackend(name);
  const { binding } = backend;
  const temporary: number[] = [];
  const release = (handle: Handle): number => {
    temporary.push(handle.id);
    return handle.id;
  };
  try {
    const ids = backend
      .getInputTensorIds(inputs)
      .map((id, i) => (inputs[i]!.dtype === 'float32' ? release(cast(binding, id, binding.TF_FLOAT, bfloat16)) : id));
    const encoded = attributes.map((attribute) => encode(attribute, binding));
    const [result] = binding.executeOp(name, [typeAttribute(binding, 'T', bfloat16), ...encoded], ids, 1);
    const output = backend.createOutputTensor(cast(binding, release(result!), bfloat16, binding.TF_FLOAT));
    backend.onBfloat16Op?.(name, inputs, [output]);
    return output;
  } finally {
    for (const id of temporary) binding.deleteTensor(id);
  }
}

/** TF_BFLOAT16, which the binding does not export. */
const bfloat16 = 14;

function cast(binding: Binding, id: number, from: number, to: number): Handle {
  const attributes = [
    typeAttribute(binding, 'SrcT', from),
    typeAttribute(binding, 'DstT', to),
    { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false },
  ];
  return binding.executeOp('Cast', attributes, [id], 1)[0]!;
}

function typeAttribute(binding: Binding, name: string, value: number): OpAttribute {
  return { name, type: binding.TF_ATTR_TYPE, value };
}

function encode([name, kind, value]: Attribute, binding: Binding): OpAttribute {
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
      return typeAttribute(binding, name, value === 'float32' ? binding.TF_FLOAT : binding.TF_INT32);
  }
}

function requireNativeBackend(op: string): NativeBackend {
  const backend = nativeBackend();
  if (!backend)
    throw new Error(
      `${op} needs the native TensorFlow backend, but the backend of this process is ${tf.getBackend()}. ` +
        'Run `npm run setup`.',
    );
  return backend;
}
