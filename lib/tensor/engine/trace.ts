import type { NativeBackend, OpAttribute } from './native';
import type * as tf from './tf';
import { watchedBinding } from './watchedBinding';

/** Where a value of a trace comes from, and its number: `input 0`, `constant 2`, `value 7`, or `captured 151`. */
export type Source = `${'input' | 'constant' | 'value' | 'captured'} ${number}`;

export interface TracedOp {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Source[];
  readonly outputs: number;
}

/** An array that JavaScript made. */
export interface Constant {
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly values: unknown;
}

/**
 * Makes an input that JavaScript draws for each call, such as random numbers. `make` is called again for later calls,
 * with their context: it must read nothing else that changes.
 */
export type Draw<Context> = <T extends tf.Tensor>(make: (context: Context) => T) => T;

/** The ops that a function of tensors ran, in order. Their outputs are numbered consecutively. */
export interface Trace<Context> {
  /** The inputs that are drawn. They follow the others. */
  readonly draws: readonly { readonly make: (context: Context) => tf.Tensor; readonly like: Constant }[];
  readonly ops: readonly TracedOp[];
  readonly constants: readonly Constant[];
  /** The inputs that the function assigned to, by position. */
  readonly assigned: readonly number[];
  /** The outputs of the function, then the new values of `assigned`. */
  readonly results: readonly Source[];
}

/**
 * Runs `compute` and records its ops. `inputs` are the tensors that differ from call to call; those of them that are
 * variables may be assigned. Throws an Error if `compute` reads the values of a tensor.
 */
export function trace<Context>(
  backend: NativeBackend,
  inputs: readonly tf.Tensor[],
  context: Context,
  compute: (draw: Draw<Context>) => tf.Tensor[],
): { readonly trace: Trace<Context>; readonly outputs: tf.Tensor[] } {
  const { binding } = backend;
  const sources = new Map<number, Source>();
  const inputIds = backend.getInputTensorIds(inputs);
  inputIds.forEach((id, i) => sources.set(id, `input ${i}`));
  const ops: TracedOp[] = [];
  const constants: Constant[] = [];
  const draws: Trace<Context>['draws'][number][] = [];
  let values = 0;
  const sourceOf = (id: number): Source => sources.get(id) ?? `captured ${id}`;
  backend.binding = watchedBinding(binding, {
    createTensor: (shape, dtype, array) => {
      const id = binding.createTensor(shape, dtype, array);
      sources.set(id, `constant ${constants.length}`);
      constants.push({ shape: [...shape], dtype, values: copied(array) });
      return id;
    },
    executeOp: (name, attributes, ids, outputs) => {
      const handles = binding.executeOp(name, attributes, ids, outputs);
      ops.push({ name, attributes, inputs: ids.map(sourceOf), outputs });
      for (const { id } of handles) sources.set(id, `value ${values++}`);
      return handles;
    },
    tensorDataSync: (id) => {
      const source = sourceOf(id);
      if (source.startsWith('constant')) return binding.tensorDataSync(id);
      throw new Error(
        `A compiled function cannot read the values of a tensor: ${describe(source, ops)} was read. ` +
          'Return the tensor, and read it after the call.',
      );
    },
    runSavedModel: () => {
      throw new Error('A compiled function cannot run a saved model.');
    },
  });
  const draw: Draw<Context> = (make) => {
    const tensor = make(context);
    const [id = 0] = backend.getInputTensorIds([tensor]);
    const source = sources.get(id);
    if (!source?.startsWith('constant')) throw new Error('A draw must return a new tensor of numbers from JavaScript.');
    draws.push({ make, like: constants[numberOf(source)]! });
    sources.set(id, `input ${inputs.length + draws.length - 1}`);
    return tensor;
  };
  try {
    const outputs = compute(draw);
    const results = backend.getInputTensorIds(outputs).map(sourceOf);
    const newIds = backend.getInputTensorIds(inputs);
    const assigned = newIds.flatMap((id, i) => (id === inputIds[i] ? [] : [i]));
    return {
      trace: { draws, ops, constants, assigned, results: [...results, ...assigned.map((i) => sourceOf(newIds[i]!))] },
      outputs,
    };
  } finally {
    backend.binding = binding;
  }
}

/** Describes the first difference of two traces; undefined if they are equal. */
export function difference<Context>(a: Trace<Context>, b: Trace<Context>): string | undefined {
  for (let i = 0; i < Math.max(a.ops.length, b.ops.length); i++) {
    const [one, other] = [a.ops[i], b.ops[i]];
    if (!one || !other) return `op ${i + 1} is ${one?.name ?? 'missing'} and then ${other?.name ?? 'missing'}`;
    if (one.name !== other.name) return `op ${i + 1} is ${one.name} and then ${other.name}`;
    const place = `op ${i + 1} (${one.name})`;
    if (JSON.stringify(one.attributes) !== JSON.stringify(other.attributes)) return `the attributes of ${place} differ`;
    const input = one.inputs.findIndex((source, k) => !sameSource(source, a, other.inputs[k], b));
    if (input !== -1 || one.inputs.length !== other.inputs.length) {
      return `input ${input + 1} of ${place} differs: it is ${describe(one.inputs[input]!, a.ops)}`;
    }
  }
  const isSame =
    a.results.length === b.results.length && a.results.every((source, k) => sameSource(source, a, b.results[k], b));
  return isSame ? undefined : 'the results differ';
}

function sameSource(
  source: Source,
  a: Pick<Trace<never>, 'constants'>,
  other: Source | undefined,
  b: Pick<Trace<never>, 'constants'>,
): boolean {
  if (!source.startsWith('constant') || !other?.startsWith('constant')) return source === other;
  return JSON.stringify(a.constants[numberOf(source)]) === JSON.stringify(b.constants[numberOf(other)]);
}

/** The number in a source. */
export function numberOf(source: Source): number {
  return Number(source.slice(source.indexOf(' ') + 1));
}

/** A source in words, for error messages. */
function describe(source: Source, ops: readonly TracedOp[]): string {
  const kind = source.slice(0, source.indexOf(' '));
  if (kind === 'constant') return 'a number or array that JavaScript computed';
  if (kind === 'captured') return 'a tensor from outside of the function';
  if (kind === 'input') return `input ${numberOf(source) + 1} of the function`;
  let first = 0;
  const op = ops.find(({ outputs }) => (first += outputs) > numberOf(source));
  return `the output of ${op?.name ?? 'an op'}`;
}

function copied(values: unknown): unknown {
  return values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array
    ? values.slice()
    : values;
}
