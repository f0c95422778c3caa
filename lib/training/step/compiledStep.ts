import type { DrawContext } from '../../methods/method';
import { Compiled } from '../../tensor/engine/compile';
import * as tf from '../../tensor/engine/tf';
import { globalNorm } from '../../tensor/ops/optimizers/globalNorm';
import { contextOf, gradientTensors, numbersOf, type LabelledBatch } from './gradients';
import { applyUpdate, type NamedTensors, type StepParts, type TrainingStep } from './trainingStep';

/** The tensors of a micro-batch, with the teacher's output if it does not come from a forward pass of the step. */
type BatchInputs = Pick<LabelledBatch, 'images' | 'labels'> & {
  readonly teacherLogits?: tf.Tensor2D;
  readonly teacherPooled?: tf.Tensor2D;
};

/** The tensors of an update. The names of the others are those of the gradients. */
type UpdateInputs = {
  readonly learningRate: tf.Scalar;
  readonly norm?: tf.Scalar;
  readonly firstCorrection?: tf.Scalar;
  readonly secondCorrection?: tf.Scalar;
};

/**
 * The step as three compiled functions: the gradients of a micro-batch, with the teacher's forward pass; their norm;
 * and the update. Equal to the eager step up to rounding. Default of `xla`: on a GPU.
 */
export function compiledStep(parts: StepParts, { xla }: { readonly xla?: boolean | undefined } = {}): TrainingStep {
  const { objective, state, optimizer, average } = parts;
  const weights = state.map(([, { variable }]) => variable);
  const slots = [...optimizer.state().values(), ...(average?.state().values() ?? [])];
  let partNames: string[] = [];
  let paths: string[] = [];

  const gradients = new Compiled<BatchInputs, DrawContext & { readonly microBatch: LabelledBatch }>(
    ({ images, labels, teacherLogits, teacherPooled }, draw, { microBatch: { indices, dropPath } }) =>
      tf.tidy(() => {
        const teacherOutput = teacherLogits && teacherPooled && { logits: teacherLogits, pooled: teacherPooled };
        const result = gradientTensors(
          objective,
          { images, labels, indices, dropPath, ...(teacherOutput && { teacherOutput: () => teacherOutput }) },
          draw,
        );
        [partNames, paths] = [Object.keys(result.parts), Object.keys(result.gradients)];
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
        const biasCorrections = firstCorrection && secondCorrection ? [firstCorrection, secondCorrection] : [];
        applyUpdate(parts, all, given, { learningRate, biasCorrections });
        return [];
      }),
    { variables: [...weights, ...slots], xla },
  );

  return {
    differentiate(microBatch) {
      const { images, labels } = microBatch;
      const output = microBatch.teacherOutput?.();
      const [values, logits, ...tensors] = gradients.run(
        { images, labels, ...(output && { teacherLogits: output.logits, teacherPooled: output.pooled }) },
        { ...contextOf(microBatch), microBatch },
      );
      const numbers = values!.dataSync();
      tf.dispose([values!, output ? [output.logits, output.pooled] : []]);
      return {
        parts: numbersOf(partNames, numbers),
        gradients: Object.fromEntries(paths.map((path, i) => [path, tensors[i]!])),
        logits: logits as tf.Tensor2D,
      };
    },
    norm: (all) => norm.run(all, undefined)[0] as tf.Scalar,
    update: (all, given, learningRate, step) =>
      tf.tidy(() => {
        const { biasCorrections, ...settings } = optimizer.settings(learningRate, step);
        const [firstCorrection, secondCorrection] = biasCorrections;
        update.run(
          {
            ...all,
            learningRate: settings.learningRate,
            ...(given && { norm: given }),
            ...(firstCorrection && secondCorrection && { firstCorrection, secondCorrection }),
          },
          undefined,
        );
      }),
    dispose() {
      for (const compiled of [gradients, norm, update]) compiled.dispose();
    },
  };
}
