import { UserError } from '../../errors';
import { hasKernel } from '../../tensor/engine/composite';
import * as tf from '../../tensor/engine/tf';
import type { Recorder } from './recorder';
import { translators } from './translators/translators';
import type { ConstantValue, Value } from './value';

const backendName = 'onnx-recorder';

/** Where a recording is, for error messages. */
export interface Place {
  /** The block that runs. */
  block: string;
  /** The parameter that was read last. */
  parameter: string;
}

/**
 * A backend of TensorFlow.js that computes nothing: it records each op of a network as nodes of a graph. Ops of which
 * no input depends on the images are computed by the backend before.
 */
class RecordingBackend extends tf.KernelBackend {
  private readonly values = new WeakMap<object, Value>();

  constructor(
    private readonly recorder: Recorder,
    private readonly parameterNames: ReadonlyMap<object, string>,
    private readonly original: string,
    private readonly place: Place,
  ) {
    super();
  }

  /** The functions that TensorFlow.js calls for each op. Ops without a translator can compute constants only. */
  kernels(): tf.KernelConfig[] {
    const names = new Set([
      ...translators.keys(),
      ...tf.getKernelsForBackend(this.original).map(({ kernelName }) => kernelName),
    ]);
    return [...names].map((kernelName) => ({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs = {} }) => this.run(kernelName, inputs, attrs),
    }));
  }

  /** Takes over a value as a tensor of this backend. */
  tensorOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.kind === 'constant' ? value.dtype : 'float32' };
  }

  /** Returns what a tensor is in the graph. */
  recordedValue(tensor: tf.TensorInfo): Value {
    const known = this.values.get(tensor.dataId);
    if (known) return known;
    const name = this.parameterNames.get(tensor.dataId);
    if (name !== undefined) this.place.parameter = name;
    const value = constant(tf.engine().readSync(tensor.dataId), tensor.shape, tensor.dtype, name);
    this.values.set(tensor.dataId, value);
    return value;
  }

  private run(
    op: string,
    inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
    attributes: tf.NamedAttrMap,
  ): tf.TensorInfo | tf.TensorInfo[] {
    const values = Object.fromEntries(
      Object.entries(inputs).flatMap(([name, tensor]) => (tensor ? [[name, this.recordedValue(tensor)]] : [])),
    );
    const isConstant = Object.values(values).every(({ kind }) => kind === 'constant');
    if (isConstant && hasKernel(op, this.original)) return this.compute(op, values, attributes);
    const translate = translators.get(op);
    if (!translate) throw this.unsupported(`the op ${op}, which has no translation`);
    try {
      const results = translate({ recorder: this.recorder, inputs: values, attributes });
      return isList(results) ? results.map((value) => this.tensorOf(value)) : this.tensorOf(results);
    } catch (error) {
      if (error instanceof UserError || !(error instanceof Error)) throw error;
      throw this.unsupported(`the op ${op} in a way that has no translation (${error.message.replace(/\.$/, '')})`);
    }
  }

  /** Runs an op on constants with the backend before. */
  private compute(
    op: string,
    values: Readonly<Record<string, Value>>,
    attributes: tf.NamedAttrMap,
  ): tf.TensorInfo | tf.TensorInfo[] {
    void tf.setBackend(this.original);
    try {
      return inTidy(() => {
        const tensors = Object.entries(values).map(([name, value]) => [name, tensorOfConstant(value)] as const);
        const results = tf
          .engine()
          .runKernel<tf.Tensor | tf.Tensor[]>(op, Object.fromEntries<tf.Tensor>(tensors), attributes);
        const keep = (result: tf.Tensor): tf.TensorInfo =>
          this.tensorOf(constant(result.dataSync(), result.shape, result.dtype));
        return Array.isArray(results) ? results.map(keep) : keep(results);
      });
    } finally {
      void tf.setBackend(backendName);
    }
  }

  private unsupported(what: string): UserError {
    const { block, parameter } = this.place;
    return new UserError(
      `The network cannot be exported to ONNX: ${block} uses ${what}. ` +
        `${parameter === '' ? '' : `The parameter read before it is ${parameter}. `}` +
        'Replace the layer by layers of lib/models/layers, or add a translation to lib/export/recording/translators.',
    );
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    return this.tensorOf(constant(values, shape, dtype)).dataId;
  }

  override readSync(dataId: object): tf.BackendValues {
    const value = this.values.get(dataId);
    if (value?.kind === 'constant') return value.data;
    throw this.unsupported('the elements of a tensor while it computes its logits, which are not known at export');
  }

  override incRef(): void {}

  override disposeData(): boolean {
    return true;
  }

  override refCount(): number {
    return 1;
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {}
}

/**
 * Runs `work` on the recording backend, and restores the backend before. `work` receives the functions that turn values
 * into tensors and tensors into values.
 */
export function onRecordingBackend<T>(
  recorder: Recorder,
  parameterNames: ReadonlyMap<object, string>,
  place: Place,
  work: (backend: Pick<RecordingBackend, 'tensorOf' | 'recordedValue'>) => T,
): T {
  const original = tf.getBackend();
  const backend = new RecordingBackend(recorder, parameterNames, original, place);
  const kernels = backend.kernels();
  tf.registerBackend(backendName, () => backend);
  kernels.forEach(tf.registerKernel);
  try {
    // Takes effect at once, because the backend is created synchronously.
    void tf.setBackend(backendName);
    return inTidy(() => work(backend));
  } finally {
    void tf.setBackend(original);
    tf.removeBackend(backendName);
    for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, backendName);
  }
}

function constant(
  values: tf.BackendValues,
  shape: readonly number[],
  dtype: tf.DataType,
  name?: string,
): ConstantValue {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw new UserError(`A network with tensors of type ${dtype} cannot be exported to ONNX. Use float32.`);
  const data = dtype === 'float32' ? Float32Array.from(numbers(values)) : Int32Array.from(numbers(values));
  return { kind: 'constant', shape: [...shape], data, dtype, name };
}

function numbers(values: tf.BackendValues): ArrayLike<number> {
  if (values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array) return values;
  throw new UserError('A network with tensors of text cannot be exported to ONNX.');
}

function tensorOfConstant(value: Value): tf.Tensor {
  if (value.kind !== 'constant') throw new Error('Only constants can be computed.');
  return tf.tensor(value.data, [...value.shape], value.dtype);
}

/** Disposes the tensors that `work` creates. It returns no tensors. */
function inTidy<T>(work: () => T): T {
  const engine = tf.engine();
  engine.startScope();
  try {
    return work();
  } finally {
    engine.endScope();
  }
}

function isList(results: Value | readonly Value[]): results is readonly Value[] {
  return Array.isArray(results);
}
