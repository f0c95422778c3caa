import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import { clipScale, globalNorm } from '../../tensor/ops/optimizers/globalNorm';
import { differentiate, type Gradients, type Objective } from './gradients';
import type { LabelledBatch } from './labelledBatch';
import type { Optimizer, StepSettings } from './optimizer';
import type { WeightAverage } from './weightAverage';

export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** The parts of a training step that compute. Tensors that they return are the caller's. */
export interface TrainingStep {
  /** The loss parts of a micro-batch and their gradients. Updates running means and the method's memory. */
  differentiate(microBatch: LabelledBatch): Gradients;
  /** The norm of all gradients together. */
  norm(gradients: NamedTensors): tf.Scalar;
  /**
   * Updates the weights, and their running average. `step` is counted from 1. Gradients whose norm is given are scaled
   * down to the maximum.
   */
  update(gradients: NamedTensors, norm: tf.Scalar | undefined, learningRate: number, step: number): void;
  /**
   * The parts above together, for the micro-batches of a batch. Its numbers are read later, so that the next step need
   * not wait for them. Missing if steps run op by op.
   */
  readonly whole?: (microBatches: Iterable<LabelledBatch>, learningRate: number, step: number) => StepNumbers;
  dispose(): void;
}

/** The numbers of a step. */
export interface StepNumbers {
  /** Waits for the step. Returns its loss parts, and the norm of its gradients if they are clipped. Call it once. */
  read(): { readonly parts: Gradients['parts']; readonly norm: number | undefined };
}

/** What a training step reads and changes. */
export interface StepParts {
  readonly objective: Objective;
  /** Every parameter and buffer of the student and of the method. */
  readonly state: readonly NamedParameter[];
  readonly optimizer: Optimizer;
  readonly average?: WeightAverage | undefined;
  readonly maxNorm?: number | undefined;
  /** Number of micro-batches of a batch. Default: 1. */
  readonly accumulation?: number;
}

/** The step, op by op. */
export function eagerStep(parts: StepParts): TrainingStep {
  return {
    differentiate: (microBatch) => differentiate(parts.objective, microBatch),
    norm: (gradients) => globalNorm(Object.values(gradients)),
    update: (gradients, norm, learningRate, step) =>
      tf.tidy(() => applyUpdate(parts, gradients, norm, parts.optimizer.settings(learningRate, step))),
    dispose: () => undefined,
  };
}

/** The update of weights and running average, with settings as tensors. */
export function applyUpdate(
  { optimizer, average, maxNorm }: StepParts,
  gradients: NamedTensors,
  norm: tf.Scalar | undefined,
  settings: StepSettings,
): void {
  const gradScale = norm && maxNorm !== undefined ? clipScale(norm, maxNorm) : undefined;
  optimizer.apply(gradients, { ...settings, gradScale });
  average?.update();
}
