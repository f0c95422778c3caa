import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { MethodInput } from '../../../lib/methods/methods';
import { rowText } from '../../../lib/results/tables/rowText';
import { sampleRow } from '../answers/rows';

test('a row is named by its networks and its method, not by the name of the row', () => {
  const ofMethod = (method: MethodInput) => sampleRow('row', { method, top1: [] });
  assert.equal(rowText(ofMethod({ kind: 'correlation' })), 'resnet_24 → vit_64, CC');
  assert.equal(rowText(ofMethod({ kind: 'kd', standardise: true })), 'resnet_24 → vit_64, KD, standardised');
  assert.equal(rowText(sampleRow('row', { teacher: null, top1: [] })), 'vit_64, from scratch');
});
