import assert from 'node:assert/strict';
import { test } from 'node:test';

import { settingText } from '../../lib/plots/tables/settingText';

test('settings are written without JSON: the name first, then its parts', () => {
  assert.deepEqual(
    [
      'cifar-100',
      null,
      false,
      1 / 3,
      1e-8,
      [30, 60],
      { name: 'lamb' },
      { kind: 'cosine', min: 0.000001, warmupEpochs: 5, per: undefined },
      { model: 'resnet_24', weights: 'data/weights/resnet_24.safetensors' },
      { crop: { kind: 'resized', area: [0.08, 1] }, flip: true, randAugment: { magnitude: 7 } },
    ].map(settingText),
    [
      'cifar-100',
      'none',
      'no',
      '0.333333',
      '1e-8',
      '[30, 60]',
      'lamb',
      'cosine (min 0.000001, warmupEpochs 5)',
      'resnet_24 (weights data/weights/resnet_24.safetensors)',
      'crop resized (area [0.08, 1]), flip yes, randAugment (magnitude 7)',
    ],
  );
});
