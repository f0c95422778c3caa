import type { DrawContext } from '../../methods/method';
import { Compiled } from '../../tensor/engine/compile';
import * as tf from '../../tensor/engine/tf';
import type { Draw } from '../../tensor/engine/trace';
import { globalNorm } from '../../tensor/ops/optimizers/globalNorm';
import { batchInputs, batchOfInputs, type BatchInputs } from './batchInputs';
import { contextOf, gradientTensors, numbersOf, type Gradients, type GradientTensors } from './gradients';
import type { LabelledBatch } from './labelledBatch';
import { applyUpdate, type NamedTensors, type StepNumbers, type StepParts, type TrainingStep } from './trainingStep';

/** The tensors of an update, besides the gradients. */
type UpdateInputs = {
  readonly learningRate: tf.Scalar;
  readonly norm?: tf.Scalar;
  readonly firstCorrection?: tf.Scalar;
  readonly secondCorrection?: tf.Scalar;
};

type BatchContext = DrawContext & { readonly microBatch: LabelledBatch };

/**
 * The step as compiled functions. A batch that is not cut is one function. Otherwise one function adds the gradients of
 * a micro-batch, with the teacher's forward pass, and another updates the weights. Processes that train together use
 * gradients, norm and update by themselves, and so do steps whose numbers are checked before the update. Without XLA,
 * the step has the bits of the eager one. Default of `xla`: on a GPU.
 */
export function compiledStep(parts: StepParts, { xla }: { readonly xla?: boolean | undefined } = {}): TrainingStep {
  return new CompiledStep(parts, xla);
}

class CompiledStep implements TrainingStep {
  private readonly gradients: Compiled<BatchInputs, BatchContext>;
  private readonly norms: Compiled<NamedTensors>;
  private readonly updates: Compiled<UpdateInputs & NamedTensors>;
  private readonly steps: Compiled<BatchInputs & UpdateInputs, BatchContext>;
  private readonly additions: Compiled<BatchInputs, BatchContext>;
  private readonly meanUpdates: Compiled<UpdateInputs>;
  /** The sums of gradients over micro-batches, by path. Empty if batches are not cut. */
  private readonly sums: ReadonlyMap<string, tf.Variable>;
  /** Names of the loss parts and paths of the gradients, in the order of the outputs. The first call finds them. */
  private partNames: readonly string[] = [];
  private paths: readonly string[] = [];

  constructor(
    private readonly parts: StepParts,
    xla: boolean | undefined,
  ) {
    const { state, objective, optimizer, average, accumulation = 1 } = parts;
    this.sums = new Map(accumulation === 1 ? [] : objective.trained.map(([path, { value }]) => [path, zeros(value)]));
    const sums = [...this.sums.values()];
    const weights = state.map(([, { variable }]) => variable);
    const slots = [...optimizer.state().values(), ...(average?.state().values() ?? [])];
    const variables = [...weights, ...slots];
    this.gradients = new Compiled((...call) => tf.tidy(() => this.gradientOutputs(...call)), {
      variables: weights,
      xla,
    });
    this.norms = new Compiled((all) => [globalNorm(Object.values(all))], { xla });
    this.updates = new Compiled((inputs) => tf.tidy(() => this.applied(inputs)), { variables, xla });
    this.steps = new Compiled((...call) => tf.tidy(() => this.stepOutputs(...call)), { variables, xla });
    this.additions = new Compiled((...call) => tf.tidy(() => this.added(...call)), {
      variables: [...weights, ...sums],
      xla,
    });
    this.meanUpdates = new Compiled((inputs) => tf.tidy(() => this.meanApplied(inputs)), {
      variables: [...variables, ...sums],
      xla,
    });
  }

  differentiate(microBatch: LabelledBatch): Gradients {
    const [values, logits, ...tensors] = this.withBatch(microBatch, (inputs, context) =>
      this.gradients.run(inputs, context),
    );
    const numbers = values!.dataSync();
    values!.dispose();
    return {
      parts: numbersOf(this.partNames, numbers),
      gradients: Object.fromEntries(this.paths.map((path, i) => [path, tensors[i]!])),
      logits: logits as tf.Tensor2D,
    };
  }

  norm(gradients: NamedTensors): tf.Scalar {
    return this.norms.run(gradients, undefined)[0] as tf.Scalar;
  }

  update(gradients: NamedTensors, norm: tf.Scalar | undefined, learningRate: number, step: number): void {
    tf.tidy(() => {
      const inputs = { ...gradients, ...this.settings(learningRate, step), ...(norm && { norm }) };
      this.updates.run(inputs, undefined);
    });
  }

  whole(microBatches: Iterable<LabelledBatch>, learningRate: number, step: number): StepNumbers {
    const values: tf.Tensor[] = [];
    for (const microBatch of microBatches) {
      const run = (inputs: BatchInputs, context: BatchContext): tf.Tensor[] =>
        this.sums.size > 0
          ? this.additions.run(inputs, context)
          : tf.tidy(() => this.steps.run({ ...inputs, ...this.settings(learningRate, step) }, context));
      values.push(...this.withBatch(microBatch, run));
    }
    const norm = this.sums.size > 0 ? this.updateByMeans(learningRate, step) : [];
    return { read: () => this.read(values, norm) };
  }

  dispose(): void {
    const { gradients, norms, updates, steps, additions, meanUpdates } = this;
    for (const compiled of [gradients, norms, updates, steps, additions, meanUpdates]) compiled.dispose();
    tf.dispose([...this.sums.values()]);
  }

  /** Returns the norm of the mean gradients if they are clipped. */
  private updateByMeans(learningRate: number, step: number): tf.Tensor[] {
    return tf.tidy(() => this.meanUpdates.run(this.settings(learningRate, step), undefined));
  }

  /** The means of the loss parts over the micro-batches, whose values may end with the norm of a whole step. */
  private read(values: readonly tf.Tensor[], norms: readonly tf.Tensor[]): ReturnType<StepNumbers['read']> {
    const numbers = values.map((tensor) => tensor.dataSync());
    const means = this.partNames.map((_, i) => numbers.reduce((sum, one) => sum + one[i]!, 0) / numbers.length);
    const norm = norms[0]?.dataSync()[0] ?? numbers[0]?.[this.partNames.length];
    tf.dispose([...values, ...norms]);
    return { parts: numbersOf(this.partNames, means), norm };
  }

  /** The outputs of the function of gradients: the loss parts as one tensor, the logits, the gradients. */
  private gradientOutputs(...call: GradientCall): tf.Tensor[] {
    const { parts, logits, gradients } = this.gradientsOf(...call);
    const values = tf.stack(Object.values(parts));
    tf.dispose({ ...parts });
    return [values, logits, ...Object.values(gradients)];
  }

  /** The output of the function of a whole step: its loss parts, and the norm of its gradients if they are clipped. */
  private stepOutputs(
    { learningRate, firstCorrection, secondCorrection, ...inputs }: BatchInputs & UpdateInputs,
    draw: Draw<BatchContext>,
    context: BatchContext,
  ): tf.Tensor[] {
    const { parts, logits, gradients } = this.gradientsOf(inputs, draw, context);
    const norm = this.parts.maxNorm === undefined ? undefined : globalNorm(Object.values(gradients));
    applyUpdate(this.parts, gradients, norm, {
      learningRate,
      biasCorrections: present(firstCorrection, secondCorrection),
    });
    const values = tf.stack([...Object.values(parts), ...present(norm)]);
    tf.dispose([{ ...parts }, logits]);
    return [values];
  }

  /** Adds the gradients of a micro-batch to the sums. The output is its loss parts. */
  private added(...call: GradientCall): tf.Tensor[] {
    const { parts, logits, gradients } = this.gradientsOf(...call);
    for (const [path, gradient] of Object.entries(gradients)) {
      const sum = this.sums.get(path)!;
      sum.assign(tf.add(sum, gradient));
    }
    const values = tf.stack(Object.values(parts));
    tf.dispose([{ ...parts }, logits]);
    return [values];
  }

  /** Updates the weights by the mean gradients, and sets the sums to zero. */
  private meanApplied({ learningRate, firstCorrection, secondCorrection }: UpdateInputs): tf.Tensor[] {
    const { maxNorm, accumulation = 1 } = this.parts;
    const means = Object.fromEntries(this.paths.map((path) => [path, tf.div(this.sums.get(path)!, accumulation)]));
    const norm = maxNorm === undefined ? undefined : globalNorm(Object.values(means));
    applyUpdate(this.parts, means, norm, {
      learningRate,
      biasCorrections: present(firstCorrection, secondCorrection),
    });
    for (const sum of this.sums.values()) sum.assign(tf.zerosLike(sum));
    return present(norm);
  }

  private applied({
    learningRate,
    norm,
    firstCorrection,
    secondCorrection,
    ...gradients
  }: UpdateInputs & NamedTensors): tf.Tensor[] {
    applyUpdate(this.parts, gradients, norm, {
      learningRate,
      biasCorrections: present(firstCorrection, secondCorrection),
    });
    return [];
  }

  private gradientsOf(...[inputs, draw, { microBatch }]: GradientCall): GradientTensors {
    const result = gradientTensors(this.parts.objective, batchOfInputs(inputs, microBatch), draw);
    [this.partNames, this.paths] = [Object.keys(result.parts), Object.keys(result.gradients)];
    return result;
  }

  /** Runs with the tensors of a micro-batch, and frees the teacher's output if it is not the step's. */
  private withBatch<T>(microBatch: LabelledBatch, run: (inputs: BatchInputs, context: BatchContext) => T): T {
    const output = tf.tidy(() => {
      const whole = microBatch.teacherOutput?.();
      return whole && { logits: whole.logits, pooled: whole.pooled };
    });
    try {
      return run(batchInputs(microBatch, output), { ...contextOf(microBatch), microBatch });
    } finally {
      if (output) tf.dispose([output.logits, output.pooled]);
    }
  }

  private settings(learningRate: number, step: number): UpdateInputs {
    const { biasCorrections, learningRate: rate } = this.parts.optimizer.settings(learningRate, step);
    const [firstCorrection, secondCorrection] = biasCorrections;
    return { learningRate: rate, ...(firstCorrection && secondCorrection && { firstCorrection, secondCorrection }) };
  }
}

type GradientCall = [inputs: BatchInputs, draw: Draw<BatchContext>, context: BatchContext];

function zeros(like: tf.Tensor): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zerosLike(like), false));
}

function present(...tensors: readonly (tf.Scalar | undefined)[]): tf.Scalar[] {
  return tensors.flatMap((tensor) => (tensor ? [tensor] : []));
}
