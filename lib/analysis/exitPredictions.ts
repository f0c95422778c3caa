import type { InMemoryDataset } from '../data/datasets/dataset';
import { disposeBatch, type Batch } from '../data/loading/batch';
import { batches } from '../data/loading/batches';
import { UserError } from '../errors';
import type { Distillation, Exit } from '../methods/method';
import type { Model } from '../models/model';
import * as tf from '../tensor/engine/tf';
import { evaluationBatchSize } from '../training/evaluation/evaluate';
import type { ExitPredictions } from './earlyExit';

export interface ExitPredictionOptions {
  /** Default: the batch size of evaluations. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * Computes the predictions of every exit of a student for every image, from the earliest stage on; the student's own
 * classifier is the last. Yields to the event loop after each batch. Throws a UserError if the method has no exit
 * branches.
 */
export async function exitPredictions(
  student: Model,
  { exits, title }: Pick<Distillation, 'exits' | 'title'>,
  dataset: InMemoryDataset,
  { batchSize = evaluationBatchSize(student.imageSize), signal }: ExitPredictionOptions = {},
): Promise<ExitPredictions[]> {
  if (!exits) throw new UserError(`${title} has no exit branches. Use a method that has them, such as OFA.`);
  const predictions = [...exits.map(({ name }) => name), 'logits'].map((name) => ({
    name,
    correct: new Uint8Array(dataset.count),
    confidence: new Float32Array(dataset.count),
  }));
  for (const batch of batches(dataset, { batchSize })) {
    try {
      signal?.throwIfAborted();
      topTwo(student, exits, batch).forEach(({ confidence, classes }, exit) => {
        const { correct, confidence: allConfidence } = predictions[exit]!;
        batch.indices.forEach((image, i) => {
          const [first, second] = [confidence[2 * i]!, confidence[2 * i + 1]!];
          allConfidence[image] = first;
          // A tie counts as wrong: otherwise an exit with equal probabilities would be right by chance.
          correct[image] = first > second && classes[2 * i] === dataset.labels[image] ? 1 : 0;
        });
      });
    } finally {
      disposeBatch(batch);
    }
    await new Promise(setImmediate);
  }
  return predictions;
}

/** The two most likely classes of each image, and their probabilities [batch · 2], for each exit. */
function topTwo(
  student: Model,
  exits: readonly Exit[],
  { images }: Batch,
): { readonly confidence: ArrayLike<number>; readonly classes: ArrayLike<number> }[] {
  return tf.tidy(() => {
    const output = student.forward(images, { mode: 'eval' });
    return [...exits.map((exit) => exit.logits(output, 'eval')), output.logits].map((logits) => {
      const { values, indices } = tf.topk(tf.softmax(logits), 2);
      return { confidence: values.dataSync(), classes: indices.dataSync() };
    });
  });
}
