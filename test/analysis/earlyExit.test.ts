import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { earlyExit, exitTop1, type ExitPredictions } from '../../lib/analysis/earlyExit';
import { expectClose } from '../support/close';

const exits: readonly ExitPredictions[] = [
  { name: 'branch1', correct: Uint8Array.of(1, 0, 0, 1), confidence: Float32Array.of(0.9, 0.8, 0.3, 0.1) },
  { name: 'branch2', correct: Uint8Array.of(1, 1, 0, 0), confidence: Float32Array.of(0.9, 0.9, 0.6, 0.2) },
  { name: 'logits', correct: Uint8Array.of(1, 1, 1, 0), confidence: Float32Array.of(0.9, 0.9, 0.7, 0.4) },
];
const costs = [1, 2, 4];

test('at threshold 0 all images leave at the first exit, above 1 at the last', () => {
  assert.deepEqual(earlyExit(exits, costs, 0), { threshold: 0, top1: exitTop1(exits[0]!), cost: 1, shares: [1, 0, 0] });
  assert.deepEqual(earlyExit(exits, costs, 1.01), {
    threshold: 1.01,
    top1: exitTop1(exits[2]!),
    cost: 4,
    shares: [0, 0, 1],
  });
});

test('uses the prediction of the exit at which an image leaves', () => {
  // Images 0 and 1 leave at the first exit, 2 at the second, 3 at the last.
  const { top1, cost, shares } = earlyExit(exits, costs, 0.5);
  assert.deepEqual(shares, [0.5, 0.25, 0.25]);
  expectClose([top1, cost], [25, 2]);
});

test('costs grow with the threshold, and shares sum to 1', () => {
  const along = [0, 0.2, 0.4, 0.6, 0.8, 1].map((threshold) => earlyExit(exits, costs, threshold));
  along.slice(1).forEach(({ cost }, i) => assert.ok(cost >= along[i]!.cost));
  for (const { shares } of along)
    expectClose(
      shares.reduce((sum, share) => sum + share, 0),
      1,
    );
});

test('rejects exits of different lengths, missing costs and an empty set', () => {
  assert.throws(() => earlyExit(exits, [1, 2], 0.5), UserError);
  assert.throws(() => earlyExit([], [], 0.5), UserError);
  assert.throws(() => earlyExit([exits[0]!, { ...exits[1]!, correct: Uint8Array.of(1) }], [1, 2], 0.5), UserError);
});
