import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '../../../../lib/tensor/engine/tf';
import { clipScale } from '../../../../lib/tensor/ops/optimizers/globalNorm';

test('gradients are scaled down to the maximum norm, and never up', () => {
  const scale = (norm: number): number => tf.tidy(() => clipScale(tf.scalar(norm), 5).dataSync()[0]!);
  assert.ok(Math.abs(scale(20) - 0.25) < 1e-6);
  assert.equal(scale(4), 1);
  assert.equal(scale(0), 1);
});
