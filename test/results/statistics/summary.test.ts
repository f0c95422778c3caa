import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UserError } from '../../../lib/errors';
import { curve } from '../../../lib/results/statistics/curve';
import { groupBy } from '../../../lib/results/statistics/groupBy';
import { studentQuantile, studentWithin } from '../../../lib/results/statistics/studentT';
import { meanText, seedsText, summary } from '../../../lib/results/statistics/summary';
import { sampleEpoch, sampleRecord } from '../support';

test('mean, standard deviation and interval agree with a calculation by hand', () => {
  const { mean, std, interval, count } = summary([1, 2, 6]);
  assert.equal(count, 3);
  assert.equal(mean, 3);
  assert.ok(Math.abs(std! - Math.sqrt(7)) < 1e-12);
  const half = 4.302652729911275 * Math.sqrt(7 / 3);
  assert.ok(Math.abs(interval![0] - (3 - half)) < 1e-9 && Math.abs(interval![1] - (3 + half)) < 1e-9);
});

test('a single value has no standard deviation and no interval; an empty list is rejected', () => {
  assert.deepEqual(summary([28.6]), { count: 1, mean: 28.6, std: null, interval: null });
  assert.deepEqual([meanText(summary([28.6])), seedsText(1)], ['28.60', '1 seed']);
  assert.deepEqual([meanText(summary([28, 29, 30]), 1), seedsText(3)], ['29.0 ± 1.0', '3 seeds']);
  assert.throws(() => summary([]), UserError);
  assert.throws(() => summary([1, NaN]), UserError);
});

test("Student's t agrees with printed tables, and with the normal distribution for many degrees of freedom", () => {
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

test('groups are in the order of their first item', () => {
  assert.deepEqual(
    [...groupBy(['b1', 'a1', 'b2'], (item) => item.slice(0, 1))],
    [
      ['b', ['b1', 'b2']],
      ['a', ['a1']],
    ],
  );
});

test('a curve is the mean over seeds of each evaluated epoch', () => {
  const { top1: _, ...unevaluated } = sampleEpoch(3, 0);
  const runs = [
    sampleRecord({ history: [sampleEpoch(1, 10), sampleEpoch(2, 20), unevaluated] }),
    sampleRecord({ id: 'b', history: [sampleEpoch(1, 14), unevaluated] }),
  ];
  const { epochs, mean, std, runs: count } = curve(runs, 'top1');
  assert.deepEqual([epochs, mean, count], [[1, 2], [12, 20], 2]);
  assert.ok(Math.abs(std[0]! - Math.sqrt(8)) < 1e-12);
  assert.equal(std[1], null);
  assert.throws(() => curve([], 'loss'), UserError);
});
