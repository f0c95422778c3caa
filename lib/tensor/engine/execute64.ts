import { nativeBackend, type Handle, type NativeBackend, type OpAttribute } from './native';
import type * as tf from './tf';

/** TF_DOUBLE, which the binding does not export. */
const float64 = 2;

/** An array in float64. TensorFlow.js has no such type, so that it exists in TensorFlow's memory only. */
export type Float64Handle = Handle & { readonly kind?: unique symbol };

/** Ops of libtensorflow in float64. All arrays are freed at the end of `withFloat64`. */
export interface Float64Ops {
  /** A copy of a float32 tensor in float64. */
  cast(x: tf.Tensor): Float64Handle;
  /** x xᵀ for x [rows, columns]. */
  gram(x: Float64Handle): Float64Handle;
  add(a: Float64Handle, b: Float64Handle): Float64Handle;
  /** Frees an array before the end. */
  free(x: Float64Handle): void;
  read(x: Float64Handle): Float64Array;
}

/** Runs `compute` with ops in float64; returns undefined where libtensorflow is not in use. */
export function withFloat64<T>(compute: (ops: Float64Ops) => T): T | undefined {
  const backend = nativeBackend();
  if (!backend) return undefined;
  const handles = new Set<number>();
  try {
    return compute(float64Ops(backend, handles));
  } finally {
    for (const id of handles) backend.binding.deleteTensor(id);
  }
}

function float64Ops(backend: NativeBackend, handles: Set<number>): Float64Ops {
  const { binding } = backend;
  const type = (name: string, value: number): OpAttribute => ({ name, type: binding.TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean): OpAttribute => ({ name, type: binding.TF_ATTR_BOOL, value });
  const run = (name: string, attributes: readonly OpAttribute[], inputs: readonly number[]): Handle => {
    const [result] = binding.executeOp(name, attributes, inputs, 1);
    handles.add(result!.id);
    return result!;
  };
  const free = ({ id }: Handle): void => {
    if (handles.delete(id)) binding.deleteTensor(id);
  };
  return {
    cast: (x) =>
      run(
        'Cast',
        [type('SrcT', binding.TF_FLOAT), type('DstT', float64), flag('Truncate', false)],
        backend.getInputTensorIds([x]),
      ),
    gram: ({ id }) =>
      run('MatMul', [type('T', float64), flag('transpose_a', false), flag('transpose_b', true)], [id, id]),
    add: (a, b) => run('AddV2', [type('T', float64)], [a.id, b.id]),
    free,
    read: (x) => {
      // The binding reads no float64: the same bytes as pairs of int32.
      const bits = run('Bitcast', [type('T', float64), type('type', binding.TF_INT32)], [x.id]);
      const data = binding.tensorDataSync(bits.id);
      free(bits);
      if (!(data instanceof Int32Array)) throw new Error('TensorFlow returned no int32 for a Bitcast to int32');
      return new Float64Array(data.buffer, data.byteOffset, data.length / 2);
    },
  };
}
