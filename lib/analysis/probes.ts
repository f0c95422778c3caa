import type { InMemoryDataset } from '../data/datasets/dataset';
import { disposeBatch, type Batch } from '../data/loading/batch';
import { batches } from '../data/loading/batches';
import { cropAndFlip } from '../data/transforms/cropAndFlip';
import { UserError } from '../errors';
import type { Distillation } from '../methods/method';
import type { Model, Output } from '../models/model';
import { parameters, type NamedParameter } from '../models/parameter';
import * as tf from '../tensor/engine/tf';
import { clipScale, globalNorm } from '../tensor/ops/optimizers/globalNorm';
import { Random } from '../tensor/random';
import { lossGradients } from '../training/step/gradients';
import { Optimizer } from '../training/step/optimizer';

/** A frozen student, and a method whose own layers learn to read its features. */
export interface Probe {
  readonly student: Model;
  readonly distillation: Distillation;
}

export interface ProbeOptions {
  readonly steps: number;
  readonly batchSize: number;
  /** Learning rate at the start; it falls to zero by a cosine. */
  readonly learningRate: number;
  readonly seed?: number;
  /** Ends the training between two steps. */
  readonly signal?: AbortSignal;
}

/** One finished step of all probes. */
export interface ProbeStep {
  /** Counted from 1. */
  readonly step: number;
  /** Loss of each probe, in the order of the probes. */
  readonly losses: readonly number[];
}

const adamW = { name: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const weightDecay = 0.05;
const clipNorm = 5;

/**
 * Trains the layers of several probes of one teacher on the same batches: AdamW, gradients clipped at norm 5, learning
 * rate by a cosine. The students stay as they are, in inference mode. Throws a UserError if a batch is larger than the
 * data set.
 */
export async function* trainProbes(
  probes: readonly Probe[],
  teacher: Model,
  train: InMemoryDataset,
  { steps, batchSize, learningRate, seed = 0, signal }: ProbeOptions,
): AsyncGenerator<ProbeStep, void> {
  if (batchSize > train.count) {
    throw new UserError(
      `A batch of ${batchSize} is larger than the ${train.count} training images. ` +
        `Set batchSize to ${train.count} at most.`,
    );
  }
  const learners = probes.map((probe) => {
    const trained = parameters(probe.distillation.modules).filter(([, { trainable }]) => trainable);
    return { probe, trained, optimizer: new Optimizer(adamW, trained, weightDecay) };
  });
  let step = 0;
  try {
    for (const batch of endlessBatches(train, batchSize, new Random(seed).fork('probes'))) {
      try {
        if (step === steps || signal?.aborted) return;
        const rate = (learningRate / 2) * (1 + Math.cos((Math.PI * step) / steps));
        step++;
        const losses = tf.tidy(() => {
          const teacherOutput = teacher.forward(batch.images, { mode: 'eval' });
          return learners.map(({ probe, trained, optimizer }) => {
            const { loss, gradients } = differentiate(probe, trained, batch, teacherOutput);
            const scale = clipScale(globalNorm(Object.values(gradients)), clipNorm);
            optimizer.update(gradients, rate, step, scale);
            return loss;
          });
        });
        yield { step, losses };
      } finally {
        disposeBatch(batch);
      }
      await new Promise(setImmediate);
    }
  } finally {
    for (const { optimizer } of learners) optimizer.dispose();
  }
}

function differentiate(
  { student, distillation }: Probe,
  trained: readonly NamedParameter[],
  { images, labels, indices }: Batch,
  teacherOutput: Output,
): { loss: number; gradients: Readonly<Record<string, tf.Tensor>> } {
  return tf.tidy(() => {
    // The student is frozen, so its forward pass is outside the differentiated function.
    const output = student.forward(images, { mode: 'eval' });
    const step = { student: output, teacher: teacherOutput, labels, indices, mode: 'train' } as const;
    const loss = (): tf.Scalar => tf.addN(Object.values(distillation.loss(step)));
    const { value, gradients } = lossGradients(loss, trained);
    return { loss: value.dataSync()[0]!, gradients };
  });
}

/** Epoch after epoch, cropped and flipped. */
function* endlessBatches(train: InMemoryDataset, batchSize: number, random: Random): Generator<Batch, void, void> {
  for (let epoch = 0; ; epoch++) {
    yield* batches(train, { batchSize, random: random.fork(epoch), dropLast: true, transform: cropAndFlip });
  }
}
