import { UserError } from '../errors';
import { parameterCount } from '../models/parameter';
import * as tf from '../tensor/engine/tf';
import { watchOps } from '../tensor/inspect/watchOps';
import type { TrainingEvent } from '../training/event';
import type { Recipe } from '../training/recipe/recipe';
import type { Resources } from '../training/setup/resources';
import { Training } from '../training/training';

/** The cost of one training step of a recipe on this machine. */
export interface StepCost {
  /** Wall-clock time of each measured step, with the preparation of its images. */
  readonly milliseconds: readonly number[];
  /**
   * Processor time of all threads of this process in each step. On a busy machine it is more reliable than wall-clock
   * time. It does not include work on a GPU.
   */
  readonly processorMilliseconds: readonly number[];
  /**
   * Peak of the bytes of all tensors during a step, with weights and optimiser, and without the buffers inside an op.
   */
  readonly peakBytes: number;
  readonly studentParameters: number;
  /** Parameters of the layers that the method adds in training. */
  readonly methodParameters: number;
}

export interface StepCostOptions {
  /** Number of measured steps of each recipe. */
  readonly rounds: number;
  /** Called after each step with the number of finished steps of all recipes. */
  readonly onStep?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** A training that is measured, between two of its steps. */
interface Measured {
  readonly training: Training;
  readonly steps: AsyncGenerator<TrainingEvent, void>;
  peakBytes: number;
  readonly milliseconds: number[];
  readonly processorMilliseconds: number[];
}

/**
 * Measures steps of several recipes in turn, so that other load on the machine affects all of them equally. The first
 * step of each is a warm-up whose memory is measured; the time of the others is measured. Throws the signal's reason if
 * stopped.
 */
export async function stepCosts(
  recipes: readonly Recipe[],
  resources: readonly Resources[],
  { rounds, onStep, signal }: StepCostOptions,
): Promise<StepCost[]> {
  const measured: Measured[] = [];
  let done = 0;
  try {
    for (const [i, recipe] of recipes.entries()) {
      const before = tf.memory().numBytes;
      const training = new Training(recipe, resources[i]!);
      // No threads, so that all the work of a step is inside it.
      const steps = training.run({ signal, workers: 0 });
      const one: Measured = { training, steps, peakBytes: 0, milliseconds: [], processorMilliseconds: [] };
      measured.push(one);
      one.peakBytes = (await peakBytesDuring(() => nextStep(steps))) - before;
      onStep?.(++done);
    }
    for (let round = 0; round < rounds; round++) {
      for (const one of measured) {
        await timeStep(one);
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

async function peakBytesDuring(work: () => Promise<void>): Promise<number> {
  let max = 0;
  const stop = watchOps(() => {
    max = Math.max(max, tf.memory().numBytes);
  });
  try {
    await work();
    return max;
  } finally {
    stop();
  }
}

async function timeStep({ steps, milliseconds, processorMilliseconds }: Measured): Promise<void> {
  const [started, processorBefore] = [performance.now(), process.cpuUsage()];
  await nextStep(steps);
  milliseconds.push(performance.now() - started);
  const { user, system } = process.cpuUsage(processorBefore);
  processorMilliseconds.push((user + system) / 1000);
}

async function nextStep(steps: AsyncGenerator<TrainingEvent, void>): Promise<void> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) throw new UserError('The recipe has fewer steps than are measured. Set more epochs.');
    if (value.kind === 'step') return;
  }
}
