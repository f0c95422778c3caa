import { hasKernels, nativeBackend, type NativeBackend, type Recorder, type Tape } from './native';
import * as tf from './tf';

/** What a thread is computing. */
export interface Pending<T> {
  /** Waits for it, once. The caller owns the arrays. Throws what stopped it. */
  wait(): T;
}

/**
 * A computation on one array, without gradients, whose ops were written down as they ran, and which runs again in a thread of its own on
 * other arrays of that shape. What it reads beside its input, such as weights, it keeps as it was when it was recorded.
 */
export class Replay {
  private constructor(private readonly backend: NativeBackend, private readonly recorder: Recorder, private readonly tape: Tape, private readonly shape: readonly number[]) {}

  /** Computes, and writes down how. On a GPU, or without the addon that set-up builds, it computes only. The caller owns the outputs. */
  static record(input: tf.Tensor, compute: () => tf.Tensor[]): { readonly outputs: tf.Tensor[]; readonly replay?: Replay } {
    const backend = hasKernels() ? nativeBackend() : undefined;
    const recorder = backend?.binding.replay;
    if (!backend || !recorder) return { outputs: compute() };
    const { binding } = backend;
    const tape = recorder.record(backend.getInputTensorIds([input])[0]!);
    const executeOp: typeof binding.executeOp = (name, attributes, inputs, count) => {
      const outputs = binding.executeOp(name, attributes, inputs, count);
      recorder.add(tape, name, attributes, inputs, outputs.map(({ id }) => id));
      return outputs;
    };
    // The addon's own functions cannot be replaced.
    const recording: unknown = Object.create(binding, { executeOp: { value: executeOp } });
    if (!isBinding(recording)) throw new Error('TensorFlow.js\'s addon has no executeOp');
    backend.binding = recording;
    try {
      const outputs = compute();
      recorder.end(tape, backend.getInputTensorIds(outputs));
      return { outputs, replay: new Replay(backend, recorder, tape, input.shape) };
    } finally {
      backend.binding = binding;
    }
  }

  /** Whether it can run on such an array. */
  accepts(input: tf.Tensor): boolean {
    return tf.util.arraysEqual(input.shape, [...this.shape]);
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

function isBinding(value: unknown): value is NativeBackend['binding'] {
  return typeof value === 'object' && value !== null && 'executeOp' in value;
}
