import { batches } from '../../data/loading/batches';
import { disposeBatch, type Batch } from '../../data/loading/batch';
import { fileBatches } from '../../data/loading/fileBatches';
import type { Dataset } from '../../data/datasets/dataset';
import { UserError } from '../../errors';
import type { Model } from '../../models/model';
import * as tf from '../../tensor/engine/tf';
import { Measuring, type Measures } from './measures';

/** Images of a side at a time, where nothing else is asked for: of larger ones fewer, by their area, so that memory does not grow with the side. */
export function evaluationBatch(side: number): number {
  return Math.max(8, Math.min(250, Math.floor(250 * (64 / side) ** 2)));
}

export interface EvaluateOptions {
  readonly batchSize?: number;
  /** The images in batches, in order, where they are made elsewhere. */
  readonly images?: AsyncIterable<Batch> | Iterable<Batch>;
  /** The class that the teacher names for each image, as `predictions` gives them. */
  readonly taught?: Int32Array;
  readonly signal?: AbortSignal;
}

/**
 * Evaluates a network with its running averages, without augmentation, over every image once. Yields to the event loop at each batch.
 * Throws a UserError where not one image can be read.
 */
export async function evaluate(
  model: Model,
  set: Dataset,
  { taught, ...options }: EvaluateOptions = {},
): Promise<Measures> {
  const measuring = new Measuring();
  for await (const { logits, indices } of answers(model, set, options)) {
    measuring.add(
      logits.dataSync<'float32'>(),
      Array.from(indices, (index) => set.labels[index]!),
      taught && Array.from(indices, (index) => taught[index]!),
    );
  }
  if (measuring.count === 0)
    throw new UserError(
      `None of the ${set.count} images of ${set.name} could be read: ${model.name} cannot be measured. Look whether their disk is still there.`,
    );
  return measuring.result;
}

/** The class that a network names for each image of a set [count]. */
export async function predictions(
  model: Model,
  set: Dataset,
  options: Omit<EvaluateOptions, 'taught'> = {},
): Promise<Int32Array> {
  const classes = new Int32Array(set.count);
  for await (const { logits, indices } of answers(model, set, options)) {
    tf.tidy(() => tf.argMax(logits, 1).dataSync()).forEach((name, i) => {
      classes[indices[i]!] = name;
    });
  }
  return classes;
}

/** The logits of each batch, freed when the next one is asked for. */
async function* answers(
  model: Model,
  set: Dataset,
  {
    batchSize = evaluationBatch(model.imageSize),
    images = 'images' in set ? batches(set, { batchSize }) : fileBatches(set, batchSize),
    signal,
  }: EvaluateOptions,
): AsyncGenerator<{ logits: tf.Tensor2D; indices: Uint32Array }> {
  for await (const batch of images) {
    try {
      signal?.throwIfAborted();
      const logits = tf.tidy(() => model.forward(batch.images, { mode: 'eval' }).logits);
      try {
        yield { logits, indices: batch.indices };
      } finally {
        logits.dispose();
      }
    } finally {
      disposeBatch(batch);
    }
    await new Promise(setImmediate);
  }
}
