import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule } from '../../../lib/models/parameter';
import { createModel, modelNames } from '../../../lib/models/zoo';
import { familyOf } from '../../../lib/results/claims/family';
import { Random } from '../../../lib/tensor/random';

test('the family of a name is that of the network', () => {
  for (const name of modelNames()) assert.ok(['cnn', 'transformer', 'mlp'].includes(familyOf(name)), name);
  // One network of each kind; the others are built by the same code.
  for (const name of [
    'resnet_16',
    'mobilenetv2_100',
    'convnext_tiny',
    'vit_64',
    'deit_tiny_patch16_224',
    'swin_pico_patch4_window7_224',
    'mixer_64',
    'resmlp_12_224',
  ]) {
    const model = createModel(name, { classes: 2 }, new Random(0));
    assert.equal(familyOf(name), model.family, name);
    disposeModule(model);
  }
});

test('rejects a name of no family', () => {
  assert.throws(() => familyOf('perceiver'), /Unknown architecture family of network "perceiver"/);
});
