import { hasKernels, nativeBackend, type NativeBackend, type Recorder, type Tape } from './native';
import * as tf from './tf';

/** What a thread is computing. */
export interface Pending<T> {
  /** Waits for it, once. The caller owns the arrays. Throws what stopped it. */
  wait(): T;
}

/**
 * A computation on one array, without gradients, whose ops were written down as they ran, and which runs again in a thread of its own on
 * other arrays of that shape and type, one after the other. What it reads beside its input, such as weights, it keeps as it was when it
 * was recorded; so it is with whatever JavaScript decides within it.
 */
export class Replay {
  private constructor(
    private readonly backend: NativeBackend,
    private readonly recorder: Recorder,
    private readonly tape: Tape,
    private readonly like: Pick<tf.Tensor, 'shape' | 'dtype'>,
  ) {}

  /**
   * Computes, and writes down how. It computes only where our kernels are not in use, as on a GPU, and where the numbers that ops made
   * are read, or a saved model is run, which no list of ops can repeat. The caller owns the outputs.
   */
  static record(
    input: tf.Tensor,
    compute: () => tf.Tensor[],
  ): { readonly outputs: tf.Tensor[]; readonly replay?: Replay } {
    const backend = hasKernels() ? nativeBackend() : undefined;
    const recorder = backend?.binding.replay;
    if (!backend || !recorder) return { outputs: compute() };
    const { binding } = backend;
    const id = backend.getInputTensorIds([input])[0]!;
    const tape = recorder.record(id);
    const computed = new Set([id]);
    const seen = { repeatable: true };
    const recording = derived(binding, {
      executeOp: (name, attributes, inputs, count) => {
        const outputs = binding.executeOp(name, attributes, inputs, count);
        const ids = outputs.map((output) => output.id);
        recorder.add(tape, name, attributes, inputs, ids);
        for (const each of ids) computed.add(each);
        return outputs;
      },
      tensorDataSync: (each) => {
        // Ops read what they are told by arrays, such as sizes, in this way; those are none of the computation's.
        if (computed.has(each)) seen.repeatable = false;
        return binding.tensorDataSync(each);
      },
      runSavedModel: (...given) => {
        seen.repeatable = false;
        return binding.runSavedModel(...given);
      },
    });
    backend.binding = recording;
    try {
      const outputs = compute();
      recorder.end(tape, backend.getInputTensorIds(outputs));
      if (seen.repeatable)
        return { outputs, replay: new Replay(backend, recorder, tape, { shape: input.shape, dtype: input.dtype }) };
      recorder.release(tape);
      return { outputs };
    } catch (error) {
      recorder.release(tape);
      throw error;
    } finally {
      backend.binding = binding;
    }
  }

  /** Whether it can run on such an array. */
  accepts(input: tf.Tensor): boolean {
    return input.dtype === this.like.dtype && tf.util.arraysEqual(input.shape, this.like.shape);
  }

  /** Begins to compute; the input may be freed at once. */
  start(input: tf.Tensor): Pending<tf.Tensor[]> {
    const { backend, recorder, tape } = this;
    const run = recorder.start(tape, backend.getInputTensorIds([input])[0]!);
    return { wait: () => recorder.wait(run).map((output) => backend.createOutputTensor(output)) };
  }

  /** Frees what it keeps; runs that go on keep theirs. */
  dispose(): void {
    this.recorder.release(this.tape);
  }
}

type Binding = NativeBackend['binding'];

/** The binding with functions of its own in place of the addon's, which cannot be replaced. */
function derived(binding: Binding, own: Pick<Binding, 'executeOp' | 'tensorDataSync' | 'runSavedModel'>): Binding {
  const result: unknown = Object.create(
    binding,
    Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value }])),
  );
  if (!isBinding(result)) throw new Error("TensorFlow.js's addon has no executeOp");
  return result;
}

function isBinding(value: unknown): value is Binding {
  return typeof value === 'object' && value !== null && 'executeOp' in value;
}
