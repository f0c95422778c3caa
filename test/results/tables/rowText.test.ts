import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rowText } from '../../../lib/results/tables/rowText';
import { sampleRow } from '../answers/rows';

test('a row is named by its networks and its method, not by the name of the row', () => {
  const method = (kind: string, options = {}) => sampleRow('row', { method: { kind, ...options }, top1: [] });
  assert.equal(rowText(method('correlation')), 'resnet_24 → vit_64, CC');
  assert.equal(rowText(method('kd', { standardise: true })), 'resnet_24 → vit_64, KD, standardised');
  assert.equal(rowText(sampleRow('row', { teacher: null, top1: [] })), 'vit_64, from scratch');
});
