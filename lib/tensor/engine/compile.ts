import { randomUUID } from 'node:crypto';
import { hasKernels, nativeBackend, type FunctionBuilder, type NativeBackend } from './native';
import * as tf from './tf';
import { difference, numberOf, trace, type Source, type Trace } from './trace';

export interface CompileOptions {
  /** The variables that the function may assign. */
  readonly variables?: readonly tf.Variable[];
  /** Whether XLA compiles the function. Default: on a GPU. Our kernels cannot be compiled by XLA. */
  readonly xla?: boolean;
}

/**
 * A function of tensors that becomes one op of TensorFlow, so that a call crosses from JavaScript to the device once
 * instead of once for each op.
 *
 * The first calls with inputs of given shapes run `compute` and record its ops. When two calls in a row ran the same ops
 * with the same constants, the record becomes a TensorFlow function, and later calls run it without `compute`. All that
 * differs from call to call must be in the inputs, or in the variables. Where ops cannot be called by name, as with
 * plain JavaScript, every call runs `compute`.
 */
export class Compiled<Inputs extends Readonly<Record<string, tf.Tensor>>> {
  /** By the shapes of the inputs. */
  private readonly versions = new Map<string, Version>();
  private readonly variables: readonly tf.Variable[];

  constructor(
    private readonly compute: (inputs: Inputs) => tf.Tensor[],
    private readonly options: CompileOptions = {},
  ) {
    this.variables = options.variables ?? [];
  }

  /**
   * Returns the outputs, which the caller owns, and assigns the variables. Throws an Error that names the op if
   * `compute` reads values of a tensor, or if its ops or constants differ from call to call.
   */
  run(inputs: Inputs): tf.Tensor[] {
    const backend = nativeBackend();
    const builder = backend?.binding.functions;
    if (!backend || !builder) return this.compute(inputs);
    const xla = this.options.xla ?? backend.isUsingGpuDevice;
    if (xla && hasKernels())
      throw new Error('XLA cannot compile our kernels. Set OFA_KERNELS=off, or compile without XLA.');

    const tensors = [...Object.values(inputs), ...this.variables];
    const key = Object.entries(inputs)
      .map(([name, { shape, dtype }]) => `${name} ${dtype}[${shape.join()}]`)
      .join();
    const version = this.versions.get(key) ?? {};
    this.versions.set(key, version);
    if (version.program) return version.program.run(tensors);

    const { trace: latest, outputs } = trace(backend, tensors, () => this.compute(inputs));
    const differs = version.previous && difference(version.previous, latest);
    if (version.previous && differs === undefined) {
      version.program = new Program(backend, builder, latest, tensors, xla);
    } else if (differs !== undefined && version.hasDiffered === true) {
      throw new Error(
        `The function cannot be compiled, because it differs from call to call: ${differs}. ` +
          'Pass what changes as an input.',
      );
    }
    version.hasDiffered = differs !== undefined;
    version.previous = latest;
    return outputs;
  }

  /** Whether a call with inputs of these shapes runs as one op. */
  get isCompiled(): boolean {
    return [...this.versions.values()].some(({ program }) => program !== undefined);
  }

  dispose(): void {
    for (const { program } of this.versions.values()) program?.dispose();
    this.versions.clear();
  }
}

/** A function for inputs of certain shapes. */
interface Version {
  previous?: Trace;
  /** Whether the last call differed from the one before. */
  hasDiffered?: boolean;
  program?: Program;
}

/** A TensorFlow function made of a trace. Its inputs are those of the trace, then the tensors from outside. */
class Program {
  private readonly name = `compiled_${randomUUID().replaceAll('-', '_')}`;
  private readonly captured: readonly number[];

  constructor(
    private readonly backend: NativeBackend,
    private readonly builder: FunctionBuilder,
    private readonly recorded: Trace,
    inputs: readonly tf.Tensor[],
    private readonly xla: boolean,
  ) {
    const { ops, constants, results } = recorded;
    const { binding } = backend;
    const graph = builder.newGraph();
    const indices = new Map<Source, number>();
    backend.getInputTensorIds(inputs).forEach((id, i) => indices.set(`input ${i}`, builder.addInput(graph, id)));
    const used = new Set([...ops.flatMap((op) => op.inputs), ...results]);
    this.captured = [...used].filter((source) => source.startsWith('captured')).map(numberOf);
    for (const id of this.captured) indices.set(`captured ${id}`, builder.addInput(graph, id));
    constants.forEach(({ shape, dtype, values }, i) => {
      if (!used.has(`constant ${i}`)) return;
      const id = binding.createTensor(shape, dtype, values);
      indices.set(`constant ${i}`, builder.addConstant(graph, id));
      binding.deleteTensor(id);
    });
    const indexOf = (source: Source): number => indices.get(source)!;
    let value = 0;
    for (const op of ops) {
      const first = builder.addOp(graph, op.name, op.attributes, op.inputs.map(indexOf), op.outputs);
      for (let o = 0; o < op.outputs; o++) indices.set(`value ${value++}`, first + o);
    }
    builder.define(graph, this.name, results.map(indexOf));
  }

  /** Returns the outputs, and assigns the variables among the inputs. */
  run(inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const { backend, recorded } = this;
    const { binding } = backend;
    const attributes = this.xla ? [{ name: '_XlaMustCompile', type: binding.TF_ATTR_BOOL, value: true }] : [];
    const ids = [...backend.getInputTensorIds(inputs), ...this.captured];
    const tensors = binding
      .executeOp(this.name, attributes, ids, recorded.results.length)
      .map((handle) => backend.createOutputTensor(handle));
    const count = recorded.results.length - recorded.assigned.length;
    recorded.assigned.forEach((position, i) => {
      const variable = inputs[position];
      const value = tensors[count + i]!;
      if (variable instanceof tf.Variable) variable.assign(value);
      value.dispose();
    });
    return tensors.slice(0, count);
  }

  dispose(): void {
    this.builder.remove(this.name);
  }
}
