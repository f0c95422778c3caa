import { randomUUID } from 'node:crypto';
import { hasKernels, nativeBackend, type FunctionBuilder, type NativeBackend } from './native';
import * as tf from './tf';
import { difference, numberOf, trace, type Draw, type Source, type Trace } from './trace';

export interface CompileOptions {
  /** The variables that the function may assign. */
  readonly variables?: readonly tf.Variable[];
  /** Whether XLA compiles the function. Default: on a GPU. Our kernels cannot be compiled by XLA. */
  readonly xla?: boolean;
  /**
   * Whether the function runs the same ops in every call, as a network in inference mode does. It is then recorded
   * once, in its first call. Default: false.
   */
  readonly isPure?: boolean;
}

/**
 * A function of tensors that becomes one op of TensorFlow, so that a call crosses from JavaScript to the device once
 * instead of once for each op.
 *
 * The first call with inputs of given shapes runs `compute`; the next calls also record its ops. When two calls in a
 * row ran the same ops with the same constants, the record becomes a TensorFlow function, and later calls run it
 * without `compute`. All that differs from call to call must be in the inputs, in the variables, or made by `draw`.
 * Where ops cannot be called by name, as with plain JavaScript, every call runs `compute`.
 */
export class Compiled<Inputs extends Readonly<Record<string, tf.Tensor>>, Context = undefined> {
  /** By the shapes of the inputs. */
  private readonly versions = new Map<string, Version<Context>>();
  private readonly variables: readonly tf.Variable[];

  constructor(
    private readonly compute: (inputs: Inputs, draw: Draw<Context>, context: Context) => tf.Tensor[],
    private readonly options: CompileOptions = {},
  ) {
    this.variables = options.variables ?? [];
  }

  /**
   * Returns the outputs, which the caller owns, and assigns the variables. `context` is what draws read; `compute`
   * may read what is the same in every call. Throws an Error
   * that names the op if `compute` reads values of a tensor, or if its ops or constants differ from call to call.
   */
  run(inputs: Inputs, context: Context): tf.Tensor[] {
    const backend = nativeBackend();
    const builder = backend?.binding.functions;
    const key = keyOf(inputs);
    const { isPure = false } = this.options;
    const known = this.versions.get(key);
    const version: Version<Context> = known ?? { hasDiffered: false };
    this.versions.set(key, version);
    if (!backend || !builder || (!known && !isPure)) return this.compute(inputs, (make) => make(context), context);
    const tensors = [...Object.values(inputs), ...this.variables];
    version.program ??= this.program(backend, builder, version, tensors);
    if (version.program) return version.program.run(tensors, context);
    const { trace: latest, outputs } = trace(backend, tensors, context, (draw) => this.compute(inputs, draw, context));
    const differs = version.previous && difference(version.previous, latest);
    if (differs !== undefined && version.hasDiffered) {
      throw new Error(
        `The function cannot be compiled, because it differs from call to call: ${differs}. ` +
          'Pass what changes as an input.',
      );
    }
    version.isRepeated = isPure || (version.previous !== undefined && differs === undefined);
    version.hasDiffered ||= differs !== undefined;
    version.previous = latest;
    return outputs;
  }

  dispose(): void {
    for (const { program } of this.versions.values()) program?.dispose();
    this.versions.clear();
  }

  /** The program of a function whose last two traces were equal. */
  private program(
    backend: NativeBackend,
    builder: FunctionBuilder,
    { isRepeated, previous }: Version<Context>,
    inputs: readonly tf.Tensor[],
  ): Program<Context> | undefined {
    if (isRepeated !== true || !previous) return undefined;
    const xla = this.options.xla ?? backend.isUsingGpuDevice;
    if (xla && hasKernels())
      throw new Error('XLA cannot compile our kernels. Set OFA_KERNELS=off, or compile without XLA.');
    return new Program(backend, builder, previous, inputs, xla);
  }
}

/**
 * A ConfigProto of TensorFlow without the graph optimisers that replace ops by others with other rounding: constant
 * folding, arithmetic and remapping (fields 3, 7 and 14 of RewriterConfig) are off. On a CPU, a program thus has the
 * bits of the same ops one by one, and a run that resumes with a step op by op has the bits of a run without a pause.
 */
const exactGraphs = '\x52\x08\x52\x06\x18\x02\x38\x02\x70\x02';

function keyOf(inputs: Readonly<Record<string, tf.Tensor>>): string {
  return Object.entries(inputs)
    .map(([name, { shape, dtype }]) => `${name} ${dtype}[${shape.join()}]`)
    .join();
}

/** What is known of a function for inputs of certain shapes. */
interface Version<Context> {
  previous?: Trace<Context>;
  /** Whether the last two traces were equal. */
  isRepeated?: boolean;
  /** Whether two traces in a row ever differed, which may happen once: an algorithm's first step is often special. */
  hasDiffered: boolean;
  program?: Program<Context> | undefined;
}

/** A TensorFlow function made of a trace. Its inputs are those of the trace, then the tensors from outside. */
class Program<Context> {
  private readonly name = `compiled_${randomUUID().replaceAll('-', '_')}`;
  private readonly captured: readonly number[];

  constructor(
    private readonly backend: NativeBackend,
    private readonly builder: FunctionBuilder,
    private readonly recorded: Trace<Context>,
    inputs: readonly tf.Tensor[],
    private readonly xla: boolean,
  ) {
    const { binding } = backend;
    const { ops, constants, results } = recorded;
    const graph = builder.newGraph();
    const indices = new Map<Source, number>();
    const indexOf = (source: Source): number => indices.get(source)!;
    const addInput = (source: Source, id: number): unknown => indices.set(source, builder.addInput(graph, id));

    backend.getInputTensorIds(inputs).forEach((id, i) => addInput(`input ${i}`, id));
    recorded.draws.forEach(({ like }, i) => {
      const id = binding.createTensor(like.shape, like.dtype, like.values);
      addInput(`input ${inputs.length + i}`, id);
      binding.deleteTensor(id);
    });
    const used = new Set([...ops.flatMap((op) => op.inputs), ...results]);
    this.captured = [...used].filter((source) => source.startsWith('captured')).map(numberOf);
    for (const id of this.captured) addInput(`captured ${id}`, id);
    constants.forEach(({ shape, dtype, values }, i) => {
      if (!used.has(`constant ${i}`)) return;
      const id = binding.createTensor(shape, dtype, values);
      indices.set(`constant ${i}`, builder.addConstant(graph, id));
      binding.deleteTensor(id);
    });
    let value = 0;
    for (const op of ops) {
      const first = builder.addOp(graph, op.name, op.attributes, op.inputs.map(indexOf), op.outputs);
      for (let o = 0; o < op.outputs; o++) indices.set(`value ${value++}`, first + o);
    }
    builder.define(graph, this.name, results.map(indexOf));
  }

  /** Returns the outputs, and assigns the variables among the inputs. */
  run(inputs: readonly tf.Tensor[], context: Context): tf.Tensor[] {
    const { backend, recorded } = this;
    const { binding } = backend;
    const attributes = [
      ...(this.xla ? [{ name: '_XlaMustCompile', type: binding.TF_ATTR_BOOL, value: true }] : []),
      ...(backend.isUsingGpuDevice ? [] : [{ name: 'config_proto', type: binding.TF_ATTR_STRING, value: exactGraphs }]),
    ];
    const draws = recorded.draws.map(({ make }) => make(context));
    const ids = [...backend.getInputTensorIds([...inputs, ...draws]), ...this.captured];
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
    tf.dispose(draws);
    return tensors.slice(0, count);
  }

  dispose(): void {
    this.builder.remove(this.name);
  }
}
