import assert from 'node:assert/strict';
import { test } from 'node:test';

import { familyName } from '../../lib/results/familyName';

test('writes the acronyms of families in capitals, and leaves other names as they are', () => {
  assert.deepEqual(['cnn', 'transformer', 'mlp', 'toString'].map(familyName), [
    'CNN',
    'transformer',
    'MLP',
    'toString',
  ]);
});
