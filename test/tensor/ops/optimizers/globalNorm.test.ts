import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipScale } from '../../../../lib/tensor/ops/optimizers/globalNorm';

test('gradients are scaled down to the maximum norm, and never up', () => {
  assert.ok(Math.abs(clipScale(20, 5) - 0.25) < 1e-6);
  assert.equal(clipScale(4, 5), 1);
  assert.equal(clipScale(0, 5), 1);
});
