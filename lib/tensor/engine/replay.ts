import { hasKernels, nativeBackend, type Binding, type NativeBackend, type Recorder, type Tape } from './native';
import * as tf from './tf';
import { watchedBinding } from './watchedBinding';

/** A computation that runs on another thread. */
export interface Pending<T> {
  /**
   * Waits for the end and returns the result, which the caller owns. Can be called once. Throws the error that stopped
   * the computation.
   */
  wait(): T;
}

/**
 * A recorded computation on one tensor, without gradients, that can be run again on a thread of its own with other
 * inputs of the same shape and type, one after the other. Other tensors that it reads, such as weights, and decisions
 * made in JavaScript stay as they were when it was recorded.
 */
export class Replay {
  private constructor(
    private readonly backend: NativeBackend,
    private readonly recorder: Recorder,
    private readonly tape: Tape,
    private readonly inputKind: Pick<tf.Tensor, 'shape' | 'dtype'>,
  ) {}

  /**
   * Runs `compute` and records its ops. Returns no replay where our kernels are not in use, as on a GPU, or if
   * `compute` reads values that its ops computed or runs a saved model, which a list of ops cannot repeat. The caller
   * owns the outputs.
   */
  static record(
    input: tf.Tensor,
    compute: () => tf.Tensor[],
  ): { readonly outputs: tf.Tensor[]; readonly replay?: Replay } {
    const backend = hasKernels() ? nativeBackend() : undefined;
    const recorder = backend?.binding.replay;
    if (!backend || !recorder) return { outputs: compute() };
    const { binding } = backend;
    const inputId = backend.getInputTensorIds([input])[0]!;
    const recording = recordingBinding(binding, recorder, inputId);
    backend.binding = recording.binding;
    try {
      const outputs = compute();
      recorder.end(recording.tape, backend.getInputTensorIds(outputs));
      if (recording.isRepeatable()) {
        const { shape, dtype } = input;
        return { outputs, replay: new Replay(backend, recorder, recording.tape, { shape, dtype }) };
      }
      recorder.release(recording.tape);
      return { outputs };
    } catch (error) {
      recorder.release(recording.tape);
      throw error;
    } finally {
      backend.binding = binding;
    }
  }

  /** Whether the input has the recorded shape and type. */
  accepts(input: tf.Tensor): boolean {
    return input.dtype === this.inputKind.dtype && tf.util.arraysEqual(input.shape, this.inputKind.shape);
  }

  /** Starts to compute; the input may be disposed of at once. */
  start(input: tf.Tensor): Pending<tf.Tensor[]> {
    const { backend, recorder, tape } = this;
    const run = recorder.start(tape, backend.getInputTensorIds([input])[0]!);
    return { wait: () => recorder.wait(run).map((output) => backend.createOutputTensor(output)) };
  }

  /** Frees the recording; runs in progress continue. */
  dispose(): void {
    this.recorder.release(this.tape);
  }
}

interface Recording {
  readonly binding: Binding;
  readonly tape: Tape;
  readonly isRepeatable: () => boolean;
}

/** A binding that records the ops it runs on a new tape. */
function recordingBinding(binding: Binding, recorder: Recorder, inputId: number): Recording {
  const tape = recorder.record(inputId);
  const computedIds = new Set([inputId]);
  let isRepeatable = true;
  const recording = watchedBinding(binding, {
    executeOp: (name, attributes, inputs, count) => {
      const outputs = binding.executeOp(name, attributes, inputs, count);
      const ids = outputs.map((output) => output.id);
      recorder.add(tape, name, attributes, inputs, ids);
      for (const id of ids) computedIds.add(id);
      return outputs;
    },
    tensorDataSync: (id) => {
      // Arguments of ops, such as sizes, are read in this way, too; they are not results of the computation.
      if (computedIds.has(id)) isRepeatable = false;
      return binding.tensorDataSync(id);
    },
    runSavedModel: (...args) => {
      isRepeatable = false;
      return binding.runSavedModel(...args);
    },
  });
  return { binding: recording, tape, isRepeatable: () => isRepeatable };
}
