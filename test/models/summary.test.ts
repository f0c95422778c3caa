import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule, setPrecision } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { networkMultiplyAdds } from '../../lib/models/summary';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { Still } from './still';

/**
 * Billions per image with 1000 classes: `_ops` of torchvision's weights, or the table of the paper for other networks.
 */
const published = {
  resnet18: 1.814,
  resnet34: 3.664,
  resnet50: 4.089,
  mobilenetv2_100: 0.301,
  convnext_tiny: 4.456,
  vit_base_patch32_224: 4.409,
  swin_tiny_patch4_window7_224: 4.491,
  deit_tiny_patch16_224: 1.3,
  vit_small_patch16_224: 4.6,
  resmlp_12_224: 3.0,
  mixer_b16_224: 12.6,
};

for (const [name, billions] of Object.entries(published)) {
  test(`${name}: ${billions} billion multiply-adds`, () => {
    const model = createModel(name, { classes: 1000 }, new Still(0));
    const tensors = tf.memory().numTensors;
    const counted = networkMultiplyAdds(model)! / 1e9;
    const digits = String(billions).split('.')[1]?.length ?? 0;
    assert.equal(counted.toFixed(digits), billions.toFixed(digits), `${counted}`);
    assert.equal(tf.memory().numTensors, tensors);
    disposeModule(model);
  });
}

test('counts of a vision transformer and a Mixer for 32 pixels match a calculation by hand', () => {
  const [width, patches, depth, classes] = [64, 64, 4, 10];
  const stem = patches * (4 * 4 * 3) * width;
  const head = width * classes;
  const vit = (tokens: number): number =>
    tokens * width * 3 * width + 2 * tokens * tokens * width + tokens * width * width + 2 * tokens * width * 4 * width;
  const mixer = 2 * width * patches * (width / 2) + 2 * patches * width * 4 * width;
  for (const [name, expected] of [
    ['vit_64', stem + depth * vit(patches + 1) + head],
    ['mixer_64', stem + depth * mixer + head],
  ] as const) {
    const model = createModel(name, { classes, imageSize: 32 }, new Random(0));
    assert.equal(networkMultiplyAdds(model), expected, name);
    disposeModule(model);
  }
});

test('mixed precision does not change the count', () => {
  for (const name of ['vit_64', 'mixer_64', 'resnet_16', 'resnet20', 'swin_pico_patch4_window7_224']) {
    const model = createModel(name, { classes: 100 }, new Random(0));
    const full = networkMultiplyAdds(model);
    setPrecision(model, 'bfloat16');
    assert.equal(networkMultiplyAdds(model), full, name);
    disposeModule(model);
  }
});
