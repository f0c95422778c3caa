import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ensemble } from '../../lib/models/ensemble';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import * as tf from '../../lib/tensor/engine/tf';
import { Random } from '../../lib/tensor/random';
import { expectClose } from '../support/close';
import { expectNoLeak } from '../support/leaks';

const size = { classes: 5, imageSize: 32 };
const cnn = createModel('resnet_16', size, new Random(1));
const vit = createModel('vit_64', size, new Random(2));
const images = tf.randomNormal<tf.Rank.R4>([3, 32, 32, 3], 0, 1, 'float32', 3);
after(() => disposeModule([cnn, vit]));

const logitsOf = (model: typeof cnn): tf.Tensor2D => model.forward(images, { mode: 'eval' }).logits;

test('the probabilities of an ensemble are the mean of those of its networks', () => {
  const both = ensemble([cnn, vit]);
  assert.equal(both.name, 'resnet_16 + vit_64');
  assert.equal(parameters(both).length, parameters(cnn).length + parameters(vit).length);
  tf.tidy(() => {
    const mean = tf.div(tf.add(tf.softmax(logitsOf(cnn)), tf.softmax(logitsOf(vit))), 2);
    expectClose(tf.exp(logitsOf(both)), mean, { relative: 1e-5, absolute: 1e-6 });
  });
  expectNoLeak(() => tf.tidy(() => logitsOf(both)));
});

test('an ensemble of equal networks has their probabilities at any temperature, and the order does not matter', () => {
  tf.tidy(() => {
    for (const temperature of [0.5, 1, 4]) {
      const soft = (model: typeof cnn): tf.Tensor2D => tf.softmax(tf.div<tf.Tensor2D>(logitsOf(model), temperature));
      expectClose(soft(ensemble([vit, vit, vit])), soft(vit), { relative: 1e-5, absolute: 1e-6 });
      expectClose(soft(ensemble([cnn, vit])), soft(ensemble([vit, cnn])), { relative: 1e-5, absolute: 1e-6 });
    }
  });
});

test('extreme logits stay finite', () => {
  const extreme = (value: number): typeof cnn => ({
    ...cnn,
    forward: (given, pass) => ({ ...cnn.forward(given, pass), logits: tf.tensor2d([[value, 0, 0, 0, 0]]) }),
  });
  tf.tidy(() => {
    const logits = logitsOf(ensemble([extreme(1e4), extreme(-1e4)]));
    expectClose(logits, tf.log(tf.tensor2d([[0.5, 0.125, 0.125, 0.125, 0.125]])), { relative: 1e-5, absolute: 1e-6 });
  });
});
