import { batches } from '../data/loading/batches';
import { disposeBatch } from '../data/loading/batch';
import type { InMemoryDataset } from '../data/datasets/dataset';
import { UserError } from '../errors';
import type { Distillation } from '../methods/method';
import type { Model } from '../models/model';
import * as tf from '../tensor/engine/tf';
import type { ExitAnswers } from './earlyExit';
import { evaluationBatch } from '../training/evaluation/evaluate';

/** What every exit of a student says of every image, from the earliest stage on, the student's own logits last. Yields to the event loop at each batch. */
export async function exitAnswers(
  student: Model,
  { exits }: Distillation,
  set: InMemoryDataset,
  {
    batchSize = evaluationBatch(student.imageSize),
    signal,
  }: { readonly batchSize?: number; readonly signal?: AbortSignal } = {},
): Promise<ExitAnswers[]> {
  if (!exits) throw new UserError('This method has no exit branches to ask; OFA has.');
  const answers = new Map<string, ExitAnswers>();
  for (const batch of batches(set, { batchSize })) {
    try {
      signal?.throwIfAborted();
      const said = tf.tidy(() => {
        const output = student.forward(batch.images, { mode: 'eval' });
        return [
          ...exits.map((exit) => [exit.name, exit.logits(output, 'eval')] as const),
          ['logits', output.logits] as const,
        ].map(([name, logits]) => {
          const { values, indices } = tf.topk(tf.softmax(logits), 2);
          return { name, confidence: values.dataSync(), named: indices.dataSync() };
        });
      });
      for (const { name, confidence, named } of said) {
        const all = answers.get(name) ?? {
          name,
          correct: new Uint8Array(set.count),
          confidence: new Float32Array(set.count),
        };
        answers.set(name, all);
        batch.indices.forEach((place, i) => {
          const [first, second] = [confidence[2 * i]!, confidence[2 * i + 1]!];
          all.confidence[place] = first;
          // An exit that finds two classes likeliest names none, or one that says the same of all would be right by chance.
          all.correct[place] = first > second && named[2 * i] === set.labels[place] ? 1 : 0;
        });
      }
    } finally {
      disposeBatch(batch);
    }
    await new Promise(setImmediate);
  }
  return [...answers.values()];
}
