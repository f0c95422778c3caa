import { UserError } from '../errors';
import { parameterCount } from '../models/parameter';
import * as tf from '../tensor/engine/tf';
import { watchOps } from '../tensor/inspect/watchOps';
import type { TrainingEvent } from '../training/event';
import type { Recipe } from '../training/recipe/recipe';
import { Training, type Resources } from '../training/training';

/** What one training step of a recipe costs on this machine. */
export interface StepCost {
  /** Of each measured step by the clock, its images included. */
  readonly milliseconds: readonly number[];
  /** What all threads of this process worked in each: on a busy machine, more to be trusted than the clock. Work of a GPU is not in it. */
  readonly processorMilliseconds: readonly number[];
  /** The most that tensors held at once during a step, weights and optimiser included; what kernels use inside them is not counted. */
  readonly peakBytes: number;
  readonly studentParameters: number;
  /** Of the layers that the method adds in training. */
  readonly methodParameters: number;
}

export interface StepCostOptions {
  /** Measured steps of each recipe. */
  readonly rounds: number;
  readonly onStep?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Measures steps of several recipes in turn, so that what else the machine does falls on all alike. A first step of each warms up and is
 * watched for its memory; the others are timed. Throws the signal's reason when stopped.
 */
export async function stepCosts(
  recipes: readonly Recipe[],
  resources: readonly Resources[],
  { rounds, onStep, signal }: StepCostOptions,
): Promise<StepCost[]> {
  const measured: {
    readonly training: Training;
    readonly steps: AsyncGenerator<TrainingEvent, void>;
    readonly peakBytes: number;
    readonly milliseconds: number[];
    readonly processorMilliseconds: number[];
  }[] = [];
  let done = 0;
  try {
    for (const [i, recipe] of recipes.entries()) {
      const before = tf.memory().numBytes;
      const training = new Training(recipe, resources[i]!);
      // Each recipe's work within its own step.
      const steps = training.run({ signal, workers: 0, ahead: false });
      let most = 0;
      const stop = watchOps(() => {
        most = Math.max(most, tf.memory().numBytes);
      });
      try {
        await nextStep(steps);
      } finally {
        stop();
        measured.push({ training, steps, peakBytes: most - before, milliseconds: [], processorMilliseconds: [] });
      }
      onStep?.(++done);
    }
    for (let round = 0; round < rounds; round++) {
      for (const { steps, milliseconds, processorMilliseconds } of measured) {
        const [started, worked] = [performance.now(), process.cpuUsage()];
        await nextStep(steps);
        milliseconds.push(performance.now() - started);
        const { user, system } = process.cpuUsage(worked);
        processorMilliseconds.push((user + system) / 1000);
        onStep?.(++done);
      }
    }
    return measured.map(({ training, milliseconds, processorMilliseconds, peakBytes }) => ({
      milliseconds,
      processorMilliseconds,
      peakBytes,
      studentParameters: parameterCount(training.student),
      methodParameters: parameterCount(training.distillation.modules),
    }));
  } finally {
    for (const { training, steps } of measured) {
      await steps.return(undefined);
      training.dispose();
    }
  }
}

async function nextStep(steps: AsyncGenerator<TrainingEvent, void>): Promise<void> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) throw new UserError('The recipe has fewer steps than were to be measured. Give it more epochs.');
    if (value.kind === 'step') return;
  }
}
