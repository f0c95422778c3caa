import assert from 'node:assert/strict';
import { test } from 'node:test';
import { infer } from '../../lib/models/inference';
import type { Model } from '../../lib/models/model';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { isNative } from '../../lib/tensor/engine/native';
import * as tf from '../../lib/tensor/engine/tf';
import { Random } from '../../lib/tensor/random';
import { expectClose } from '../support/close';

const needsEngine = { skip: isNative() ? false : 'needs the native engine' };

function logits(model: Model, images: tf.Tensor4D, mode: 'off' | 'graph'): tf.Tensor {
  const [first] = infer(model, 'logits', images, (x) => [model.forward(x, { mode: 'eval' }).logits], mode);
  return first!;
}

for (const name of ['resnet_16', 'vit_64', 'mixer_64', 'swin_pico_patch4_window7_224', 'mobilenetv2_100']) {
  test(`a compiled forward pass follows images and weights: ${name}`, needsEngine, () => {
    const imageSize = /_224|mobile/.test(name) ? 224 : 32;
    const model = createModel(name, { classes: 5, imageSize }, new Random(1));
    const start = tf.memory().numTensors;
    for (const scale of [1, 2, 3]) {
      tf.tidy(() => {
        const images = tf.mul<tf.Tensor4D>(tf.randomNormal([2, imageSize, imageSize, 3], 0, 1, 'float32', 1), scale);
        expectClose(logits(model, images, 'graph'), logits(model, images, 'off'), { relative: 1e-4, absolute: 1e-5 });
      });
      tf.tidy(() => {
        for (const [, { variable }] of parameters(model)) variable.assign(tf.mul(variable, 0.9));
      });
    }
    assert.equal(tf.memory().numTensors, start);
    disposeModule(model);
  });
}
