import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodName } from '../../lib/results/methodName';

test('names methods as the paper does, and those without a column in capitals', () => {
  const kinds = ['scratch', 'correlation', 'fitnet', 'ofa', 'wttm'];
  assert.deepEqual(kinds.map(methodName), ['scratch', 'CC', 'FitNet', 'OFA', 'WTTM']);
});
