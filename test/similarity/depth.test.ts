import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSimilarities } from '../../lib/results/records/similarityRecord';
import { atLikeDepth, depthSummary, likeDepth } from '../../lib/similarity/depth';
import { expectClose } from '../support/close';

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `layer ${i}`);
const table = (values: readonly (readonly (number | null)[])[]) => ({
  rows: named(values.length),
  columns: named(values[0]!.length),
  values,
});

test('matches a calculation by hand for more columns than rows, and for fewer', () => {
  // The first layers correspond to each other, and so do the last.
  assert.deepEqual(
    depthSummary(
      table([
        [0.1, 0.2, 0.6],
        [0.3, 0.5, 0.4],
      ]),
    ),
    { mean: 2.1 / 6, likeDepth: (0.1 + 0.4) / 2, best: (0.6 + 0.5) / 2 },
  );
  const tall = depthSummary(
    table([
      [0.1, 0.3],
      [0.2, 0.5],
      [0.6, 0.4],
    ]),
  );
  assert.equal(tall.likeDepth, (0.1 + 0.5 + 0.4) / 3);
  assert.equal(tall.best, (0.3 + 0.5 + 0.6) / 3);
});

test('finds the layer at the same relative depth', () => {
  const between = { rows: named(3), columns: named(9) };
  assert.deepEqual(
    [0, 1, 2].map((row) => likeDepth(row, between)),
    [0, 4, 8],
  );
  assert.deepEqual(
    Array.from({ length: 9 }, (_, row) => likeDepth(row, { rows: between.columns, columns: between.rows })),
    [0, 0, 1, 1, 1, 1, 2, 2, 2],
  );
});

test('compares a network with itself without the diagonal, against the next layer', () => {
  const same = depthSummary(
    table([
      [1, 0.8, 0.2],
      [0.8, 1, 0.6],
      [0.2, 0.6, 1],
    ]),
    true,
  );
  expectClose(same.mean!, (0.8 + 0.2 + 0.6) / 3);
  expectClose(same.likeDepth!, (0.8 + 0.6 + 0.6) / 3);
  expectClose(same.best!, (0.8 + 0.8 + 0.6) / 3);
});

test('ignores undefined cells', () => {
  assert.deepEqual(
    depthSummary(
      table([
        [null, 0.5],
        [0.7, null],
      ]),
    ),
    { mean: 0.6, likeDepth: null, best: 0.6 },
  );
});

test('rejects a network with one layer', () => {
  assert.throws(() => depthSummary(table([[0.1, 0.2]])), /at least 2 layers of each network, and there are 1 and 2/);
});

test('recorded summaries equal those of the recorded tables', async () => {
  const records = await readSimilarities();
  assert.ok(records.length > 0);
  for (const { id, a, b, rows, columns, values, likeDepth: recorded, mean } of records) {
    const found = depthSummary({ rows, columns, values }, a.network === b.network);
    // Records store four digits of each cell.
    expectClose(found.likeDepth!, recorded, { absolute: 1e-4 }, id);
    expectClose(found.mean!, mean, { absolute: 1e-4 }, id);
  }
});

test('the cells at equal depth are those of the summary', () => {
  const heatmap = table([
    [0.1, 0.2, 0.6],
    [0.3, 0.5, null],
  ]);
  assert.deepEqual(atLikeDepth(heatmap), [0.1, null]);
  assert.throws(() => atLikeDepth(table([[0.1, 0.2]])), /at least 2 layers/);
});
