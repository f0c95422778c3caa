import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UserError } from '../../../lib/errors';
import { curve } from '../../../lib/results/statistics/curve';
import { groupBy } from '../../../lib/results/statistics/groupBy';
import { studentQuantile, studentWithin } from '../../../lib/results/statistics/studentT';
import { formatSummary, summary } from '../../../lib/results/statistics/summary';
import { sampleEpoch, sampleRecord } from '../support';

test('mean, sample deviation and interval by hand', () => {
  const { mean, deviation, interval, count } = summary([1, 2, 6]);
  assert.equal(count, 3);
  assert.equal(mean, 3);
  assert.ok(Math.abs(deviation! - Math.sqrt(7)) < 1e-12);
  const half = 4.302652729911275 * Math.sqrt(7 / 3);
  assert.ok(Math.abs(interval![0] - (3 - half)) < 1e-9 && Math.abs(interval![1] - (3 + half)) < 1e-9);
});

test('a single seed has no spread and no interval, and nothing has no summary', () => {
  assert.deepEqual(summary([28.6]), { count: 1, mean: 28.6, deviation: null, interval: null });
  assert.equal(formatSummary(summary([28.6])), '28.60 (1 seed)');
  assert.equal(formatSummary(summary([28, 29, 30]), 1), '29.0 ± 1.0 (3 seeds)');
  assert.throws(() => summary([]), UserError);
  assert.throws(() => summary([1, NaN]), UserError);
});

test("Student's t agrees with the printed tables and with the normal distribution in the limit", () => {
  const printed: readonly (readonly [probability: number, freedom: number, value: number])[] = [
    [0.975, 1, 12.7062],
    [0.975, 2, 4.30265],
    [0.975, 3, 3.18245],
    [0.975, 4, 2.77645],
    [0.975, 9, 2.26216],
    [0.95, 5, 2.01505],
    [0.995, 10, 3.16927],
  ];
  for (const [probability, freedom, value] of printed)
    assert.ok(Math.abs(studentQuantile(probability, freedom) - value) < 1e-4 * value, `${freedom}`);
  assert.ok(Math.abs(studentQuantile(0.975, 100_000) - 1.959964) < 1e-4);
  for (const freedom of [1, 2, 7, 8])
    assert.ok(Math.abs(studentWithin(studentQuantile(0.9, freedom), freedom) - 0.8) < 1e-10);
});

test('groups keep the order of first appearance', () => {
  assert.deepEqual(
    [...groupBy(['b1', 'a1', 'b2'], (item) => item.slice(0, 1))],
    [
      ['b', ['b1', 'b2']],
      ['a', ['a1']],
    ],
  );
});

test('a curve is the mean over seeds, epoch by epoch, without epochs that were not evaluated', () => {
  const { top1: _, ...unevaluated } = sampleEpoch(3, 0);
  const runs = [
    sampleRecord({ history: [sampleEpoch(1, 10), sampleEpoch(2, 20), unevaluated] }),
    sampleRecord({ id: 'b', history: [sampleEpoch(1, 14), unevaluated] }),
  ];
  const { epochs, mean, deviation, runs: count } = curve(runs, 'top1');
  assert.deepEqual([epochs, mean, count], [[1, 2], [12, 20], 2]);
  assert.ok(Math.abs(deviation[0]! - Math.sqrt(8)) < 1e-12);
  assert.equal(deviation[1], null);
  assert.throws(() => curve([], 'loss'), UserError);
});
