import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Search } from '../../../lib/experiments/experiment';
import { searchState } from '../../../lib/runs/search/rounds';

const search: Search = {
  name: 'a search',
  rounds: [
    { rows: ['a1', 'b1', 'c1', 'd1'], size: 4 },
    { rows: ['a2', 'b2', 'c2', 'd2'], size: 2 },
    { rows: ['a3', 'b3', 'c3', 'd3'], size: 1 },
  ],
};
const state = (results: Readonly<Record<string, number>>) => searchState(search, (row) => results[row]);
const first = { a1: 10, b1: 12, c1: 11, d1: 9 };

test('the first round trains all candidates, and nothing else while one of them is missing', () => {
  assert.deepEqual(state({}), { missing: ['a1', 'b1', 'c1', 'd1'], rows: ['a1', 'b1', 'c1', 'd1'] });
  const { b1, ...others } = first;
  assert.deepEqual(state({ ...others, b2: 99 }).missing, ['b1']);
  assert.equal(b1, 12);
});

test('each later round continues with the best ones of the round before', () => {
  assert.deepEqual(state(first).missing, ['b2', 'c2']);
  assert.deepEqual(state({ ...first, b2: 20, c2: 21 }).missing, ['c3']);
  const { best, missing, rows } = state({ ...first, b2: 20, c2: 21, c3: 30 });
  assert.deepEqual({ best, missing }, { best: 'c3', missing: [] });
  assert.deepEqual(rows, ['a1', 'b1', 'c1', 'd1', 'b2', 'c2', 'c3']);
});

test('results of candidates that were left behind change nothing', () => {
  assert.equal(state({ ...first, b2: 20, c2: 21, c3: 30, d2: 99, d3: 99, a3: 99 }).best, 'c3');
});

test('of equal results the earlier candidate continues', () => {
  assert.deepEqual(state({ a1: 5, b1: 5, c1: 5, d1: 5 }).missing, ['a2', 'b2']);
  assert.deepEqual(state({ a1: 5, b1: 5, c1: 5, d1: 5, a2: 7, b2: 7 }).missing, ['a3']);
});
