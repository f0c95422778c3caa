import type { Dataset } from '../../data/datasets/dataset';
import { disposeBatch, type Batch } from '../../data/loading/batch';
import { batches } from '../../data/loading/batches';
import { fileBatches } from '../../data/loading/fileBatches';
import { UserError } from '../../errors';
import { logitsInference, type Inference } from '../../models/inference';
import type { Model } from '../../models/model';
import * as tf from '../../tensor/engine/tf';
import { MeasureSum, type Measures } from './measures';

/**
 * Default batch size of an evaluation: at most 250, and fewer large images, so that memory does not grow with their
 * area.
 */
export function evaluationBatchSize(imageSize: number): number {
  return Math.max(8, Math.min(250, Math.floor(250 * (64 / imageSize) ** 2)));
}

export interface PredictionOptions {
  /** Default: `evaluationBatchSize` of the model's images. */
  readonly batchSize?: number;
  /** Batches of the images, in order. Default: they are prepared here. */
  readonly images?: AsyncIterable<Batch> | Iterable<Batch>;
  readonly signal?: AbortSignal | undefined;
  /** Computes the logits, and remains the caller's. Default: one for this call. */
  readonly inference?: Inference;
}

export interface EvaluateOptions extends PredictionOptions {
  /** The class that the teacher predicts for each image [images]. Default: agreement is not measured. */
  readonly teacherPredictions?: Int32Array | undefined;
}

/**
 * Evaluates a network in inference mode, without augmentation, on every image once. Yields to the event loop after each
 * batch. Throws a UserError if no image can be read.
 */
export async function evaluate(
  model: Model,
  set: Dataset,
  { teacherPredictions, ...options }: EvaluateOptions = {},
): Promise<Measures> {
  const sum = new MeasureSum();
  for await (const { logits, indices } of logitsOf(model, set, options)) {
    const labels = Array.from(indices, (index) => set.labels[index]!);
    const teachers = teacherPredictions && Array.from(indices, (index) => teacherPredictions[index]!);
    sum.add(logits.dataSync<'float32'>(), labels, teachers);
  }
  if (sum.count === 0) {
    throw new UserError(
      `None of the ${set.count} images of ${set.name} could be read, so ${model.name} cannot be measured. ` +
        'Check that their disk is available.',
    );
  }
  return sum.result;
}

/** The class that a network predicts for each image of a set [images]. */
export async function predictions(model: Model, set: Dataset, options: PredictionOptions = {}): Promise<Int32Array> {
  const classes = new Int32Array(set.count);
  for await (const { logits, indices } of logitsOf(model, set, options)) {
    const predicted = tf.tidy(() => tf.argMax(logits, 1).dataSync());
    predicted.forEach((name, i) => {
      classes[indices[i]!] = name;
    });
  }
  return classes;
}

/** Yields the logits [batch, classes] of each batch, and frees them afterwards. */
async function* logitsOf(
  model: Model,
  set: Dataset,
  {
    batchSize = evaluationBatchSize(model.imageSize),
    images = 'images' in set ? batches(set, { batchSize }) : fileBatches(set, batchSize),
    signal,
    inference,
  }: PredictionOptions,
): AsyncGenerator<{ logits: tf.Tensor2D; indices: Uint32Array }> {
  const used = inference ?? logitsInference(model);
  try {
    for await (const batch of images) {
      let logits: tf.Tensor | undefined;
      try {
        signal?.throwIfAborted();
        [logits] = used.run(batch.images);
        yield { logits: logits as tf.Tensor2D, indices: batch.indices };
      } finally {
        logits?.dispose();
        disposeBatch(batch);
      }
      await new Promise(setImmediate);
    }
  } finally {
    if (!inference) used.dispose();
  }
}
