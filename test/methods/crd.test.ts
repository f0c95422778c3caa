import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameters } from '../../lib/models/parameter';
import { differentiate } from '../../lib/training/step/gradients';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest, toArray } from '../support/close';
import { example, type Example } from './example';

const spec = { kind: 'crd', negatives: 6, width: 16 };

function state({ distillation }: Example): Map<string, readonly number[]> {
  return new Map(parameters(distillation.modules).map(([path, { value }]) => [path, toArray(value)]));
}

/** One step without an update of weights; the part of the loss. */
function step({ objective, batch }: Example, indices = batch.indices): number {
  const { parts, gradients, logits } = differentiate(objective, { ...batch, indices });
  tf.dispose([Object.values(gradients), logits]);
  return parts.contrast!;
}

test("memories begin as the paper's and move for the examples of the batch only, to length 1", () => {
  const made = example(spec, { examples: 12 });
  const before = state(made);
  for (const bank of ['memory_student', 'memory_teacher']) {
    assert.equal(before.get(bank)!.length, 12 * 16);
    assert.ok(before.get(bank)!.every((x) => Math.abs(x) <= 1 / Math.sqrt(16 / 3)));
  }
  tf.tidy(() => {
    const four = {
      ...made.batch,
      images: tf.slice(made.batch.images, [0], [4]),
      labels: tf.slice(made.batch.labels, [0], [4]),
    };
    step({ ...made, batch: { ...four, indices: Uint32Array.of(3, 8, 1, 10) } });
  });
  const after = state(made);
  for (const bank of ['memory_student', 'memory_teacher']) {
    for (let row = 0; row < 12; row++) {
      const [old, now] = [before, after].map((values) => values.get(bank)!.slice(row * 16, (row + 1) * 16));
      if ([3, 8, 1, 10].includes(row)) expectClose(Math.hypot(...now!), 1, { relative: 1e-5 });
      else assert.deepEqual(now, old);
    }
  }
  made.dispose();
});

test("Z is the first batch's and stays; each batch has its own negatives", () => {
  const made = example(spec);
  const first = step(made);
  const { log_z_student: z, batches } = Object.fromEntries(state(made));
  assert.deepEqual(batches, [1]);
  const second = step(made);
  assert.deepEqual(Object.fromEntries(state(made)).log_z_student, z);
  assert.deepEqual(state(made).get('batches'), [2]);
  assert.notEqual(first, second);
  made.dispose();
});

test('its state is all that is needed to go on: a second one that is given it does the same', () => {
  const [one, other] = [example(spec), example(spec)];
  step(one);
  step(one);
  const source = new Map(
    [...parameters(one.distillation.modules), ...parameters(one.student)].map(([path, { value }]) => [path, value]),
  );
  for (const [path, { variable }] of [...parameters(other.distillation.modules), ...parameters(other.student)])
    variable.assign(source.get(path)!);
  assert.equal(step(other), step(one));
  assert.deepEqual(state(other), state(one));
  one.dispose();
  other.dispose();
});

test('Z is a number: the first batch has the same gradient as one for which Z was told before', () => {
  // Six of six others: the same negatives whatever the numbers that choose them.
  const [first, told] = [example(spec, { classes: 4 }), example(spec, { classes: 4 })];
  const gradient = (made: Example): readonly number[] => {
    const { gradients, logits } = differentiate(made.objective, made.batch);
    const values = toArray(gradients['method.embed_student.weight']!);
    tf.dispose([Object.values(gradients), logits]);
    return values;
  };
  const expected = gradient(first);
  const learnt = new Map(parameters(first.distillation.modules));
  const own = new Map(parameters(told.distillation.modules));
  for (const path of ['log_z_student', 'log_z_teacher', 'batches'])
    own.get(path)!.variable.assign(learnt.get(path)!.value);
  expectClose(gradient(told), expected, { relative: 1e-4, absolute: 1e-5 * largest(expected) });
  first.dispose();
  told.dispose();
});
