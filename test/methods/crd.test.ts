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

/** The loss part of one step that does not update weights. */
function step({ objective, batch }: Example, indices = batch.indices): number {
  const { parts, gradients, logits } = differentiate(objective, { ...batch, indices });
  tf.dispose([Object.values(gradients), logits]);
  return parts.contrast!;
}

test("initialises the memories as the paper, and updates the batch's rows only, to norm 1", () => {
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

test('keeps Z of the first batch, and draws other negatives for each batch', () => {
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

test('a second instance with the same state continues in the same way', () => {
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

test('no gradient flows through Z: the first batch has the gradient of a known Z', () => {
  // Six negatives of six others: every draw has the same ones.
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
