import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { parameters, disposeModule } from '../../../lib/models/parameter';
import type { Model, Output } from '../../../lib/models/model';
import { createModel } from '../../../lib/models/zoo';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { evaluate, evaluationBatchSize } from '../../../lib/training/evaluation/evaluate';
import { expectClose } from '../../support/close';
import { rejectsWith } from '../../support/rejectsWith';

const set = syntheticImages(new Random(0), { count: 10, classes: 10, size: { height: 32, width: 32 } });

/** A network that returns these logits for any image, and records the batch sizes. */
function networkOf(logits: readonly number[][], seen: number[] = []): Model {
  const model = createModel('mixer_64', { classes: 10, imageSize: 32 }, new Random(0));
  let at = 0;
  return Object.assign(Object.create(model) as Model, {
    forward: (images: tf.Tensor4D): Output => {
      const count = images.shape[0];
      seen.push(count);
      const answer = tf.tensor2d(Array.from({ length: count }, () => [...logits[at++ % logits.length]!]));
      return { logits: answer, stages: [images, images, images, images], pooled: answer };
    },
  });
}

const row = (values: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: 10 }, (_, i) => values[i] ?? 0);

test('top-1 and top-5 by hand, with every image once and a smaller last batch', async () => {
  // Image i is of class i: the logits fall from class 0 on, so class i has rank i + 1.
  const falling = Array.from({ length: 10 }, (_, i) => 10 - i);
  const seen: number[] = [];
  const accuracy = await evaluate(networkOf([falling], seen), set, { batchSize: 4 });
  expectClose([accuracy.top1, accuracy.top5], [10, 50]);
  assert.deepEqual(seen, [4, 4, 2]);
});

test('chooses the batch size by the area of the images: at most 250, at least 8', () => {
  assert.deepEqual([16, 32, 64, 128, 224, 384, 1024].map(evaluationBatchSize), [250, 250, 250, 62, 20, 8, 8]);
});

test('throws if no image can be read', async () => {
  await rejectsWith(evaluate(networkOf([row({})]), set, { images: [] }), 'None of the 10 images', set.name);
});

test('counts ties and NaN predictions as wrong', async () => {
  expectClose((await evaluate(networkOf([row({})]), set)).top1, 0);
  expectClose((await evaluate(networkOf([row({}).map(() => NaN)]), set)).top5, 0);
  expectClose((await evaluate(networkOf([row({ 0: NaN, 1: 5 })]), set)).top1, 0);
});

test('changes nothing, leaks no tensor, and stops at the signal', async () => {
  const model = createModel('resnet_16', { classes: 10, imageSize: 32 }, new Random(0));
  const state = (): number[][] => parameters(model).map(([, { value }]) => [...value.dataSync()]);
  const [before, tensors] = [state(), tf.memory().numTensors];
  await evaluate(model, set, { batchSize: 4 });
  await assert.rejects(
    evaluate(model, set, { batchSize: 4, signal: AbortSignal.abort(new Error('enough')) }),
    /enough/,
  );
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(state(), before);
  disposeModule(model);
});
