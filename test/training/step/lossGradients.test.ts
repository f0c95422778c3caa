import assert from 'node:assert/strict';
import { test } from 'node:test';

import { crossEntropy } from '../../../lib/losses/crossEntropy';
import { ofaLoss } from '../../../lib/losses/ofa';
import { createDistillation } from '../../../lib/methods/methods';
import { parameters } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import * as tf from '../../../lib/tensor/engine/tf';
import { largestDifference } from '../../../lib/tensor/inspect/largestDifference';
import { Random } from '../../../lib/tensor/random';
import { differentiate } from '../../../lib/training/step/gradients';
import { lossGradients } from '../../../lib/training/step/lossGradients';

test('an OFA step that is written out has the gradients of the library', () => {
  const random = new Random(0);
  const options = { classes: 10, imageSize: 32 };
  const student = createModel('vit_64', options, random.fork('student'));
  const teacher = createModel('resnet_16', options, random.fork('teacher'));
  const setting = { student, teacher, examples: 0, labels: [], random: random.fork('branches') };
  const distillation = createDistillation({ kind: 'ofa', exponent: 1.2 }, setting);
  const trained = parameters({ student, branches: distillation.modules });
  const images = tf.randomNormal<tf.Rank.R4>([4, 32, 32, 3], 0, 1, 'float32', 1);
  const labels = tf.tensor1d([0, 3, 5, 9], 'int32');

  const teacherLogits = teacher.forward(images, { mode: 'eval' }).logits;
  const written = lossGradients(() => {
    const output = student.forward(images, { mode: 'train' });
    const branchLogits = distillation.exits!.map((exit) => exit.logits(output, 'train'));
    const parts = [output.logits, ...branchLogits].map((each) =>
      tf.mean<tf.Scalar>(ofaLoss(each, teacherLogits, labels, { exponent: 1.2 })),
    );
    return tf.addN([tf.mean<tf.Scalar>(crossEntropy(output.logits, labels)), ...parts]);
  }, trained);

  const objective = { student, teacher, distillation, trained, labelWeight: 1, labelSmoothing: 0 };
  const { parts, gradients } = differentiate(objective, { images, labels, indices: Uint32Array.of(0, 1, 2, 3) });
  const sum = Object.values(parts).reduce((total, part) => total + part, 0);
  assert.ok(Math.abs(written.value.dataSync()[0]! - sum) < 1e-4);
  assert.deepEqual(Object.keys(written.gradients).sort(), Object.keys(gradients).sort());
  for (const [path, gradient] of Object.entries(gradients))
    assert.ok(largestDifference(gradient, written.gradients[path]!) < 1e-5, path);
});
