import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeBatch } from '../../lib/data/loading/batch';
import { batches } from '../../lib/data/loading/batches';
import { cropAndFlip } from '../../lib/data/transforms/cropAndFlip';
import { crossEntropy } from '../../lib/losses/crossEntropy';
import { ofaLoss } from '../../lib/losses/ofa';
import { createDistillation } from '../../lib/methods/methods';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import * as tf from '../../lib/tensor/engine/tf';
import { clipScale, globalNorm } from '../../lib/tensor/ops/optimizers/globalNorm';
import { Random } from '../../lib/tensor/random';
import { lossGradients, trainedParameters } from '../../lib/training/step/gradients';
import { Optimizer } from '../../lib/training/step/optimizer';
import { Training } from '../../lib/training/training';
import { classes, images, take, tinyRecipe } from './example';

const seed = 3;

for (const [studentName, teacherName] of [
  ['vit_64', 'resnet_16'],
  ['resnet_16', 'vit_64'],
] as const) {
  test(`a step line by line equals the first step of Training: ${teacherName} → ${studentName}`, async () => {
    const sizes = { classes, imageSize: 32 };
    const teacher = createModel(teacherName, sizes, new Random(7));

    // The setup of the recipe below, by hand.
    const random = new Random(seed);
    const student = createModel(studentName, sizes, random.fork('student'));
    const { count: examples, labels: trainLabels } = images.train;
    const setting = { student, teacher, examples, labels: trainLabels, random: random.fork('method') };
    const ofa = createDistillation({ kind: 'ofa', exponent: 1.2 }, setting);
    const trained = trainedParameters(student, ofa);
    const optimizer = new Optimizer({ name: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, trained, 0.05);
    const epoch = random.fork('data').fork(1);
    const [batch] = batches(images.train, { batchSize: 8, random: epoch, dropLast: true, transform: cropAndFlip });
    const { images: x, labels: y } = batch!;

    // The step.
    const value = tf.tidy(() => {
      const { logits: teacherLogits } = teacher.forward(x, { mode: 'eval' });
      const ofaPart = (logits: tf.Tensor2D) => tf.mean<tf.Scalar>(ofaLoss(logits, teacherLogits, y, { exponent: 1.2 }));
      const loss = () => {
        const output = student.forward(x, { mode: 'train' });
        const branches = ofa.exits!.map((branch) => branch.logits(output, 'train'));
        const label = tf.mean<tf.Scalar>(crossEntropy(output.logits, y));
        return tf.addN<tf.Scalar>([label, ofaPart(output.logits), ...branches.map(ofaPart)]);
      };
      const { value, gradients } = lossGradients(loss, trained);
      const scale = clipScale(globalNorm(Object.values(gradients)), 5);
      optimizer.update(gradients, 1e-3, 1, scale);
      return value.dataSync()[0]!;
    });

    // The same step by a recipe.
    const recipe = tinyRecipe({
      student: studentName,
      teacher: { model: teacherName, weights: 'fresh' },
      method: { kind: 'ofa', exponent: 1.2 },
      clipNorm: 5,
      seed,
    });
    const training = new Training(recipe, { ...images, teacher });
    const [event] = await take(training, 1);
    assert.ok(event?.kind === 'step' && event.learningRate === 1e-3);
    assert.ok(Math.abs(event.loss - value) < 1e-5 * value, `${event.loss} and ${value}`);
    const byHand = [...parameters(student, 'student.'), ...parameters(ofa.modules, 'method.')];
    const byTraining = new Map(training.state());
    assert.equal(byHand.length, byTraining.size);
    for (const [path, { value: weight }] of byHand) {
      assert.deepEqual(byTraining.get(path)!.value.dataSync(), weight.dataSync(), path);
    }

    training.dispose();
    optimizer.dispose();
    disposeBatch(batch!);
    for (const module of [student, teacher, ofa.modules]) disposeModule(module);
  });
}
