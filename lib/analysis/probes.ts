import { batches } from '../data/loading/batches';
import { disposeBatch, type Batch } from '../data/loading/batch';
import { cropAndFlip } from '../data/transforms/cropAndFlip';
import type { InMemoryDataset } from '../data/datasets/dataset';
import { UserError } from '../errors';
import type { Distillation } from '../methods/method';
import type { Model, Output } from '../models/model';
import { parameters, type NamedParameter } from '../models/parameter';
import { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';
import { clipScale, globalNorm } from '../tensor/ops/optimizers/globalNorm';
import { variableGrads } from '../tensor/engine/variableGrads';
import { byPath } from '../training/step/gradients';
import { Optimizer } from '../training/step/optimizer';

/** A student that stays as it is, and a method whose own layers learn to read it. */
export interface Probe {
  readonly student: Model;
  readonly distillation: Distillation;
}

export interface ProbeOptions {
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed?: number;
  /** Ends the training between two steps. */
  readonly signal?: AbortSignal;
}

/** Loss of each probe's own layers, in the order of the probes, after so many steps. */
export interface ProbeStep {
  readonly step: number;
  readonly losses: readonly number[];
}

/**
 * Trains the layers of several probes of one teacher on the same batches, with AdamW, gradients clipped at norm 5, and a cosine over the
 * steps. Nothing of a student changes: its features are taken as at inference. Throws UserError where a batch is larger than all images.
 */
export async function* trainProbes(
  probes: readonly Probe[],
  teacher: Model,
  train: InMemoryDataset,
  { steps, batchSize, learningRate, seed = 0, signal }: ProbeOptions,
): AsyncGenerator<ProbeStep, void> {
  if (batchSize > train.count)
    throw new UserError(
      `A batch of ${batchSize} is larger than the ${train.count} images that the layers learn from: take batchSize ${train.count} at most.`,
    );
  const trained = probes.map(({ distillation }) =>
    parameters(distillation.modules).filter(([, { trainable }]) => trainable),
  );
  const optimizers = trained.map(
    (named) => new Optimizer({ name: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, named, 0.05),
  );
  let step = 0;
  try {
    for (const batch of endless(train, batchSize, new Random(seed).fork('probes'))) {
      try {
        if (step === steps || signal?.aborted) return;
        const rate = (learningRate / 2) * (1 + Math.cos((Math.PI * step) / steps));
        step++;
        const losses = tf.tidy(() => {
          const taught = teacher.forward(batch.images, { mode: 'eval' });
          return probes.map((probe, i) => {
            const { loss, gradients } = differentiate(probe, trained[i]!, batch, taught);
            optimizers[i]!.update(gradients, rate, step, clipScale(globalNorm(Object.values(gradients)), 5));
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
    for (const optimizer of optimizers) optimizer.dispose();
  }
}

/** The student's forward pass stands outside what is differentiated: it is read, not trained. */
function differentiate(
  { student, distillation }: Probe,
  trained: readonly NamedParameter[],
  { images, labels, indices }: Batch,
  taught: Output,
): { loss: number; gradients: Record<string, tf.Tensor> } {
  return tf.tidy(() => {
    const read = student.forward(images, { mode: 'eval' });
    const { value, grads } = variableGrads(
      () =>
        tf.addN(Object.values(distillation.loss({ student: read, teacher: taught, labels, indices, mode: 'train' }))),
      trained.map(([, { variable }]) => variable),
    );
    return { loss: value.dataSync()[0]!, gradients: byPath(grads, trained) };
  });
}

/** Epoch after epoch, cropped and flipped. */
function* endless(train: InMemoryDataset, batchSize: number, random: Random): Generator<Batch, void, void> {
  for (let epoch = 0; ; epoch++)
    yield* batches(train, { batchSize, random: random.fork(epoch), dropLast: true, transform: cropAndFlip });
}
