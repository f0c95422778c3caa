import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batches } from '../../lib/data/loading/batches';
import { disposeBatch } from '../../lib/data/loading/batch';
import { createDistillation } from '../../lib/methods/methods';
import { networkMultiplyAdds } from '../../lib/models/summary';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { exitTop1 } from '../../lib/analysis/earlyExit';
import { evaluate } from '../../lib/training/evaluation/evaluate';
import { exitPredictions } from '../../lib/analysis/exitPredictions';
import { exitCosts } from '../../lib/analysis/exitCosts';
import { trainProbes, type Probe } from '../../lib/analysis/probes';
import { expectClose } from '../support/close';
import { classes, images } from '../training/example';

const options = { classes, imageSize: 32 };
const teacher = createModel('resnet_16', options, new Random(1));
const student = createModel('vit_64', options, new Random(2));

function probe(kind: 'ofa' | 'kd' = 'ofa'): Probe {
  return {
    student,
    distillation: createDistillation(
      { kind },
      { student, teacher, examples: images.train.count, labels: images.train.labels, random: new Random(3) },
    ),
  };
}

test('the last exit predicts as the student does, and every exit predicts a class', async () => {
  const { distillation } = probe();
  const answers = await exitPredictions(student, distillation, images.test, { batchSize: 5 });
  assert.deepEqual(
    answers.map(({ name }) => name),
    ['branch1', 'branch2', 'branch3', 'branch4', 'logits'],
  );
  expectClose(exitTop1(answers[4]!), (await evaluate(student, images.test)).top1);
  for (const { confidence } of answers) assert.ok(confidence.every((p) => p > 1 / classes - 1e-6 && p <= 1));
  const [batch] = batches(images.test, { batchSize: images.test.count });
  tf.tidy(() => {
    const output = student.forward(batch!.images, { mode: 'eval' });
    distillation.exits!.forEach((exit, i) =>
      expectClose(
        answers[i]!.confidence,
        tf.max(tf.softmax(exit.logits(output, 'eval')), 1),
        { relative: 1e-4 },
        exit.name,
      ),
    );
  });
  disposeBatch(batch!);
  disposeModule(distillation.modules);
});

test('the cost of an exit is the cost of the stages and branches before it', () => {
  for (const learner of [
    student,
    createModel('resnet_16', options, new Random(4)),
    createModel('mixer_64', options, new Random(5)),
  ]) {
    const setting = { student: learner, teacher, examples: 1, labels: [0], random: new Random(3) };
    const [all, last] = ([{ kind: 'ofa' }, { kind: 'ofa', stages: [4] }] as const).map((spec) =>
      exitCosts(learner, createDistillation(spec, setting)),
    );
    assert.equal(all!.length, 5);
    all!.slice(1).forEach((cost, i) => assert.ok(cost > all![i]!, learner.name));
    // Past one branch only, the end costs the network and that branch.
    const whole = networkMultiplyAdds(learner)!;
    assert.ok(last![1]! > whole && all![4]! > last![1]!);
    // The last stage is before the classifier, and everything but the earlier branches is in both.
    assert.equal(last![1]! - last![0]!, all![4]! - all![3]!);
  }
});

test('rejects a method without exit branches', async () => {
  await assert.rejects(exitPredictions(student, probe('kd').distillation, images.test), /no exit branches/);
});

test('probes learn on the same batches in any company, do not change the student, and leak no tensor', async () => {
  const numbers = (module: object): number[][] => parameters(module).map(([, { value }]) => [...value.dataSync()]);
  const before = numbers(student);
  const [one, same] = [probe(), probe()];
  const count = tf.memory().numTensors;
  const together: (readonly number[])[] = [];
  for await (const { losses } of trainProbes([one, same], teacher, images.train, {
    steps: 12,
    batchSize: 8,
    learningRate: 3e-3,
  }))
    together.push(losses);
  assert.equal(tf.memory().numTensors, count);
  assert.equal(together.length, 12);
  for (const [a, b] of together) expectClose(a!, b!, { relative: 1e-5 });
  const mean = (part: (readonly number[])[]): number => part.reduce((sum, [a]) => sum + a!, 0) / part.length;
  assert.ok(mean(together.slice(-4)) < mean(together.slice(0, 4)));
  assert.deepEqual(numbers(student), before);
  [one, same].forEach(({ distillation }) => disposeModule(distillation.modules));
});
