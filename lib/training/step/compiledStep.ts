import type { DrawContext } from '../../methods/method';
import { Compiled } from '../../tensor/engine/compile';
import * as tf from '../../tensor/engine/tf';
import type { Draw } from '../../tensor/engine/trace';
import { globalNorm } from '../../tensor/ops/optimizers/globalNorm';
import { contextOf, gradientTensors, numbersOf, type GradientTensors, type LabelledBatch } from './gradients';
import { applyUpdate, type NamedTensors, type StepParts, type TrainingStep } from './trainingStep';

/** The tensors of a micro-batch, with the teacher's output if it does not come from a forward pass of the step. */
type BatchInputs = Pick<LabelledBatch, 'images' | 'labels'> & {
  readonly teacherLogits?: tf.Tensor2D;
  readonly teacherPooled?: tf.Tensor2D;
};

/** The tensors of an update, besides the gradients. */
type UpdateInputs = {
  readonly learningRate: tf.Scalar;
  readonly norm?: tf.Scalar;
  readonly firstCorrection?: tf.Scalar;
  readonly secondCorrection?: tf.Scalar;
};

type BatchContext = DrawContext & { readonly microBatch: LabelledBatch };

/**
 * The step as compiled functions: one for a batch that is not cut, and otherwise the gradients of a micro-batch, with
 * the teacher's forward pass; their norm; and the update. Equal to the eager step up to rounding. Default of `xla`: on
 * a GPU.
 */
export function compiledStep(parts: StepParts, { xla }: { readonly xla?: boolean | undefined } = {}): TrainingStep {
  const { objective, state, optimizer, average, maxNorm } = parts;
  const weights = state.map(([, { variable }]) => variable);
  const slots = [...optimizer.state().values(), ...(average?.state().values() ?? [])];
  let partNames: string[] = [];
  let paths: string[] = [];

  const gradientsOf = (
    { images, labels, teacherLogits, teacherPooled }: BatchInputs,
    draw: Draw<BatchContext>,
    { microBatch: { indices, dropPath } }: BatchContext,
  ): GradientTensors => {
    const teacherOutput = teacherLogits && teacherPooled && { logits: teacherLogits, pooled: teacherPooled };
    const given = { images, labels, indices, dropPath, ...(teacherOutput && { teacherOutput: () => teacherOutput }) };
    const result = gradientTensors(objective, given, draw);
    [partNames, paths] = [Object.keys(result.parts), Object.keys(result.gradients)];
    return result;
  };
  const gradients = new Compiled<BatchInputs, BatchContext>(
    (inputs, draw, context) =>
      tf.tidy(() => {
        const result = gradientsOf(inputs, draw, context);
        const values = tf.stack(Object.values(result.parts));
        tf.dispose({ ...result.parts });
        return [values, result.logits, ...Object.values(result.gradients)];
      }),
    { variables: weights, xla },
  );
  const norm = new Compiled<NamedTensors>((all) => [globalNorm(Object.values(all))], { xla });
  const update = new Compiled<UpdateInputs & NamedTensors>(
    ({ learningRate, norm: given, firstCorrection, secondCorrection, ...all }) =>
      tf.tidy(() => {
        applyUpdate(parts, all, given, { learningRate, biasCorrections: present(firstCorrection, secondCorrection) });
        return [];
      }),
    { variables: [...weights, ...slots], xla },
  );
  const whole = new Compiled<BatchInputs & UpdateInputs, BatchContext>(
    ({ learningRate, firstCorrection, secondCorrection, ...inputs }, draw, context) =>
      tf.tidy(() => {
        const result = gradientsOf(inputs, draw, context);
        const normOfAll = maxNorm === undefined ? undefined : globalNorm(Object.values(result.gradients));
        const biasCorrections = present(firstCorrection, secondCorrection);
        applyUpdate(parts, result.gradients, normOfAll, { learningRate, biasCorrections });
        const values = tf.stack([...Object.values(result.parts), ...(normOfAll ? [normOfAll] : [])]);
        tf.dispose([{ ...result.parts }, result.logits]);
        return [values];
      }),
    { variables: [...weights, ...slots], xla },
  );
  /** Runs with the tensors of a micro-batch, and frees the teacher's output if it is not the step's. */
  const withBatch = <T>(microBatch: LabelledBatch, run: (inputs: BatchInputs, context: BatchContext) => T): T => {
    const { images, labels } = microBatch;
    const output = microBatch.teacherOutput?.();
    const inputs = { images, labels, ...(output && { teacherLogits: output.logits, teacherPooled: output.pooled }) };
    const result = run(inputs, { ...contextOf(microBatch), microBatch });
    if (output) tf.dispose([output.logits, output.pooled]);
    return result;
  };
  const settingsOf = (rate: number, step: number): UpdateInputs => {
    const { biasCorrections, learningRate } = optimizer.settings(rate, step);
    const [firstCorrection, secondCorrection] = biasCorrections;
    return { learningRate, ...(firstCorrection && secondCorrection && { firstCorrection, secondCorrection }) };
  };

  return {
    differentiate: (microBatch) =>
      withBatch(microBatch, (inputs, context) => {
        const [values, logits, ...tensors] = gradients.run(inputs, context);
        const numbers = values!.dataSync();
        values!.dispose();
        return {
          parts: numbersOf(partNames, numbers),
          gradients: Object.fromEntries(paths.map((path, i) => [path, tensors[i]!])),
          logits: logits as tf.Tensor2D,
        };
      }),
    norm: (all) => norm.run(all, undefined)[0] as tf.Scalar,
    update: (all, given, rate, step) =>
      tf.tidy(() => {
        update.run({ ...all, ...settingsOf(rate, step), ...(given && { norm: given }) }, undefined);
      }),
    whole: (batch, rate, step) =>
      withBatch(batch, (inputs, context) => {
        const [values] = tf.tidy(() => whole.run({ ...inputs, ...settingsOf(rate, step) }, context));
        return {
          read() {
            const numbers = values!.dataSync();
            values!.dispose();
            return { parts: numbersOf(partNames, numbers), norm: numbers[partNames.length] };
          },
        };
      }),
    dispose() {
      for (const compiled of [gradients, norm, update, whole]) compiled.dispose();
    },
  };
}

function present(...tensors: readonly (tf.Scalar | undefined)[]): tf.Scalar[] {
  return tensors.flatMap((tensor) => (tensor ? [tensor] : []));
}
