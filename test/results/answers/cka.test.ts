import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ckaAnswer, similarityByFamily, untrainedWarning } from '../../../lib/results/answers/cka';
import type { SimilarityRecord } from '../../../lib/results/records/similarityRecord';

const record = (a: string, b: string, likeDepth: number): SimilarityRecord => ({
  id: `${a} ${b}`,
  a: { network: a, family: a.split('_')[0]! },
  b: { network: b, family: b.split('_')[0]! },
  dataset: 'cifar-100',
  rows: ['1', '2'],
  columns: ['1', '2'],
  values: [],
  likeDepth,
  mean: likeDepth,
  examples: 100,
  batchSize: 50,
  seed: 0,
  commit: 'abc',
  dirty: false,
  command: 'npm run similarity',
});

const recorded = [record('vit_64', 'vit_96', 0.8), record('vit_64', 'cnn_16', 0.5), record('cnn_16', 'vit_64', 0.7)];

test('the answer compares means within networks and across families', () => {
  const answer = ckaAnswer({
    measured: [
      { sameNetwork: true, sameFamily: true, mean: 0.7, best: 0.9 },
      { sameNetwork: true, sameFamily: true, mean: 0.6, best: 0.9 },
      { sameNetwork: false, sameFamily: false, mean: 0.5, best: 0.75 },
      { sameNetwork: false, sameFamily: false, mean: 0.62, best: 0.65 },
    ],
    recorded,
    untrained: [],
    images: '100 images of CIFAR-100 test',
  });
  assert.match(
    answer,
    /^On 100 images of CIFAR-100 test, layers of one network are more similar \(mean CKA 0\.65\).*families \(0\.56\);/,
  );
  assert.match(answer, /CKA is 0\.70 on average\./);
  assert.match(answer, /0\.80 within a family and 0\.60 across families\.$/);
});

test('without trained weights, records or other families, the answer is shorter and states what is missing', () => {
  const measured = [{ sameNetwork: true, sameFamily: true, mean: 0.7, best: 0.9 }];
  const answer = ckaAnswer({ measured, recorded: [], untrained: ['vit_64'], images: '8 images' });
  assert.equal(answer, 'Not a result about trained networks; with fresh weights: vit_64.');
});

test('warns about untrained networks only', () => {
  assert.equal(untrainedWarning([]), undefined);
  assert.match(untrainedWarning(['vit_64', 'mixer_64'])!, /^Without trained weights: vit_64, mixer_64\./);
});

test('groups records by family, counting a pair of networks once', () => {
  assert.deepEqual(
    similarityByFamily(recorded).map(({ families, pairs, min, max }) => ({ families, pairs, min, max })),
    [
      { families: 'both vit', pairs: 1, min: 0.8, max: 0.8 },
      { families: 'CNN and vit', pairs: 1, min: 0.5, max: 0.7 },
    ],
  );
});
