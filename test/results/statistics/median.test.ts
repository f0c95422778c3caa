import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from '../../../lib/results/statistics/median';

test('median of odd and even numbers of values, without sorting the argument', () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])], [2, 2.5, 7]);
  const values = [2, 1];
  median(values);
  assert.deepEqual(values, [2, 1]);
});
