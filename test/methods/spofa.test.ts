import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossEntropy } from '../../lib/losses/crossEntropy';
import { ofaLoss } from '../../lib/losses/ofa';
import type { DistillationStep } from '../../lib/methods/method';
import { parameters } from '../../lib/models/parameter';
import * as tf from '../../lib/tensor/engine/tf';
import { differentiate } from '../../lib/training/step/gradients';
import { expectClose, largest, toArray } from '../support/close';
import { example, type Example } from './example';

const spec = { kind: 'spofa', exponent: [1.1, 1.2, 1.3, 1.4, 1.5], momentum: 0.8, exampleScale: 20, temperature: 1 };
const pair = { student: 'resnet_16', teacher: 'mixer_64' };
const names = ['branch1', 'branch2', 'branch3', 'branch4'] as const;

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** The step of a batch. `moved` changes the student's output, so that two micro-batches differ. */
function stepOf({ student, teacher, batch }: Example, moved = 0, mode: 'train' | 'eval' = 'train'): DistillationStep {
  const output = student.forward(batch.images, { mode: 'eval' });
  const shift = <T extends tf.Tensor>(x: T, by: number): T =>
    tf.add(x, tf.mul(by, tf.sin(tf.range(0, x.size).reshape(x.shape))));
  const [first, second, third, fourth] = output.stages;
  return {
    student: {
      logits: shift(output.logits, moved),
      pooled: output.pooled,
      stages: [shift(first, moved), shift(second, moved), shift(third, moved), shift(fourth, moved)],
    },
    teacher: teacher.forward(batch.images, { mode: 'eval' }),
    labels: batch.labels,
    indices: batch.indices,
    mode,
  };
}

const numbersOf = (parts: Readonly<Record<string, tf.Scalar>>): Record<string, number> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.dataSync()[0]!]));

const runningState = ({ distillation }: Example): Record<string, number> =>
  Object.fromEntries(
    parameters(distillation.modules).flatMap(([path, { value }]) =>
      path.startsWith('running.') ? [[path.replace('running.', '').replace('means.', ''), toArray(value)[0]!]] : [],
    ),
  );

/** Cosines and unweighted losses of a step, from gradients by differentiation and sums over plain numbers. */
function measured(made: Example, step: DistillationStep) {
  const rows = (x: tf.Tensor): number[][] => {
    const values = toArray(x);
    return Array.from({ length: 8 }, (_, i) => values.slice(5 * i, 5 * i + 5));
  };
  const teacher = step.teacher!.logits;
  const options = (index: number) => ({ exponent: spec.exponent[index]! });
  const gradients = (loss: (x: tf.Tensor2D) => tf.Tensor): number[][] =>
    rows(tf.grad((x: tf.Tensor) => tf.sum(loss(x as tf.Tensor2D)))(step.student.logits));
  const [ofLabel, ofTeacher] = [
    gradients((x) => crossEntropy(x, step.labels)),
    gradients((x) => ofaLoss(x, teacher, step.labels, options(4))),
  ];
  const branches = made.distillation.exits!.map(({ logits }, index) => {
    const own = logits(step.student, step.mode);
    const target = rows(teacher);
    return {
      cosine: meanOf(rows(own).map((row, i) => cosine(row, target[i]!))),
      loss: meanOf(toArray(ofaLoss(own, teacher, step.labels, options(index)))),
    };
  });
  return {
    cosines: ofLabel.map((row, i) => cosine(row, ofTeacher[i]!)),
    losses: toArray(ofaLoss(step.student.logits, teacher, step.labels, options(4))),
    branches,
  };
}

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

test('weighs examples and stages by cosines against running means, in two micro-batches', () => {
  const made = example(spec, pair);
  tf.tidy(() => {
    let means: number[] | undefined;
    for (const [number, moved] of [0, 0.7, 0.3].entries()) {
      const step = stepOf(made, moved);
      const { cosines, losses, branches } = measured(made, step);
      const current = [meanOf(cosines), ...branches.map((branch) => branch.cosine)];
      const next: number[] = means ? means.map((old, i) => 0.8 * old + 0.2 * current[i]!) : current;
      const parts = numbersOf(made.distillation.loss(step));
      expectClose(
        parts['logits']!,
        meanOf(losses.map((loss, i) => loss * clamp(1 - 2 * Math.max(next[0]! - cosines[i]!, 0), 0.5, 2))),
        { relative: 1e-4 },
      );
      const weights = branches.map((branch, i) => clamp(1 - 5 * ((means ?? current)[i + 1]! - branch.cosine), 0.1, 2));
      if (number === 0) assert.deepEqual(weights, [1, 1, 1, 1]);
      else assert.ok(weights.some((weight) => Math.abs(weight - 1) > 1e-3));
      names.forEach((name, i) => expectClose(parts[name]!, weights[i]! * branches[i]!.loss, { relative: 1e-4 }, name));
      made.distillation.afterMicroBatch();
      means = next;
      const state = runningState(made);
      assert.equal(state['batches'], number + 1);
      ['logits', ...names].forEach((name, i) => expectClose(state[name]!, next[i]!, { absolute: 1e-5 }, name));
    }
  });
  made.dispose();
});

test('the weights are constants: the gradient of a part is the weight times the gradient of the OFA loss', () => {
  const made = example({ ...spec, stages: [], exponent: 1.5 }, pair);
  tf.tidy(() => {
    for (const moved of [0, 0.7]) {
      const step = stepOf(made, moved);
      const { cosines } = measured({ ...made, distillation: { ...made.distillation, exits: [] } }, step);
      const before = runningState(made);
      const mean = before['batches'] === 0 ? meanOf(cosines) : 0.8 * before['logits']! + 0.2 * meanOf(cosines);
      const weights = cosines.map((one) => clamp(1 - 2 * Math.max(mean - one, 0), 0.5, 2));
      const plain = tf.grad((x: tf.Tensor) =>
        tf.mean(
          tf.mul(ofaLoss(x as tf.Tensor2D, step.teacher!.logits, step.labels, { exponent: 1.5 }), tf.tensor1d(weights)),
        ),
      )(step.student.logits);
      const own = tf.grad((x: tf.Tensor) =>
        tf.sum(made.distillation.loss({ ...step, student: { ...step.student, logits: x as tf.Tensor2D } })['logits']!),
      )(step.student.logits);
      expectClose(own, plain, { relative: 1e-3, absolute: 1e-4 * largest(plain) });
      made.distillation.afterMicroBatch();
    }
  });
  made.dispose();
});

test('a batch that is computed twice has the same loss, and evaluation neither weighs nor updates', () => {
  const made = example(spec, pair);
  tf.tidy(() => {
    made.distillation.loss(stepOf(made));
    made.distillation.afterMicroBatch();
    const state = runningState(made);
    const step = stepOf(made, 0.5);
    const once = numbersOf(made.distillation.loss(step));
    assert.deepEqual(numbersOf(made.distillation.loss(step)), once);
    assert.deepEqual(runningState(made), state);

    const evaluated = stepOf(made, 0.5, 'eval');
    const { losses, branches } = measured(made, evaluated);
    const parts = numbersOf(made.distillation.loss(evaluated));
    expectClose(parts['logits']!, meanOf(losses), { relative: 1e-5 });
    names.forEach((name, i) => expectClose(parts[name]!, branches[i]!.loss, { relative: 1e-5 }, name));
  });
  made.dispose();
});

test('gradient accumulation updates the running means after each micro-batch', () => {
  const [whole, halves] = [example(spec, pair), example(spec, pair)];
  const train = (made: Example, start: number, size: number): void => {
    const { images, labels, indices } = made.batch;
    tf.tidy(() => {
      const { gradients, logits } = differentiate(made.objective, {
        images: tf.slice(images, [start], [size]),
        labels: tf.slice(labels, [start], [size]),
        indices: indices.slice(start, start + size),
      });
      tf.dispose([Object.values(gradients), logits]);
    });
  };
  train(whole, 0, 8);
  train(halves, 0, 4);
  const first = runningState(halves);
  train(halves, 4, 4);
  assert.equal(runningState(whole)['batches'], 1);
  assert.equal(runningState(halves)['batches'], 2);
  for (const name of ['logits', ...names]) assert.notEqual(runningState(halves)[name], first[name]);
  whole.dispose();
  halves.dispose();
});

for (const [student, teacher, isSpatial] of [
  ['resnet_16', 'mixer_64', true],
  ['vit_64', 'resnet_16', false],
] as const) {
  test(`with both scales at 0 it is OFA${isSpatial ? ' with a layer norm in the branches' : ''}: ${student}`, () => {
    const [spofa, ofa] = [
      example({ kind: 'spofa', exampleScale: 0, stageScale: 0, exponent: 1.2 }, { student, teacher }),
      example({ kind: 'ofa', exponent: 1.2 }, { student, teacher }),
    ];
    const branchNames = ({ distillation }: Example): string[] =>
      parameters(distillation.modules).flatMap(([path]) => (path.startsWith('branch') ? [path] : []));
    const added = branchNames(spofa).filter((path) => !branchNames(ofa).includes(path));
    const layerNorms = names.flatMap((name) => [`${name}.norm.weight`, `${name}.norm.bias`]);
    assert.deepEqual(added, isSpatial ? layerNorms : []);
    tf.tidy(() => {
      const [one, other] = [spofa, ofa].map((made) => numbersOf(made.distillation.loss(stepOf(made))));
      expectClose(one!['logits']!, other!['logits']!, { relative: 1e-6 });
      for (const name of names) {
        if (isSpatial) assert.notEqual(one![name], other![name]);
        else expectClose(one![name]!, other![name]!, { relative: 1e-6 }, name);
      }
    });
    spofa.dispose();
    ofa.dispose();
  });
}
