import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameters } from '../../../lib/models/parameter';
import { mixBatch } from '../../../lib/data/transforms/mix';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { accumulate, differentiate, type Gradients } from '../../../lib/training/step/gradients';
import { expectClose, largest, toArray } from '../../support/close';
import { imagesAndLabels } from '../../../lib/training/step/labelledBatch';
import { example, type Example } from '../../methods/example';

for (const kind of ['scratch', 'kd', 'bkd', 'dkd', 'fitnet', 'ofa']) {
  test(`${kind}: two or four micro-batches have the gradient of the whole batch, where there is no batch norm`, () => {
    const made = example({ kind }, { student: 'mixer_64', teacher: 'vit_64', labelWeight: 1 });
    const whole = differentiate(made.objective, made.batch);
    // The gradients of Mixer's token biases are rounding errors only: the next layer norm removes these biases.
    const max = Math.max(...Object.values(whole.gradients).map(largest));
    for (const microBatches of [2, 4]) {
      const parts = accumulate((microBatch) => differentiate(made.objective, microBatch), made.batch, microBatches);
      for (const [name, value] of Object.entries(whole.parts))
        expectClose(parts.parts[name]!, value, { relative: 1e-5 }, name);
      for (const [path, gradient] of Object.entries(whole.gradients)) {
        expectClose(
          parts.gradients[path]!,
          gradient,
          { relative: 1e-5, absolute: 1e-5 * Math.max(largest(gradient), 1e-3 * max) },
          path,
        );
      }
      expectClose(parts.logits, whole.logits, { absolute: 1e-5 });
      free(parts);
    }
    free(whole);
    made.dispose();
  });
}

test('averages a relational loss over the micro-batches', () => {
  const made = example({ kind: 'rkd' }, { student: 'mixer_64', teacher: 'vit_64' });
  const halves = [0, 4].map((start) =>
    tf.tidy(() => {
      const { parts } = differentiate(made.objective, {
        images: tf.slice(made.batch.images, [start], [4]),
        labels: tf.slice(made.batch.labels, [start], [4]),
        indices: made.batch.indices.slice(start, start + 4),
      });
      return parts.relation!;
    }),
  );
  const both = accumulate((microBatch) => differentiate(made.objective, microBatch), made.batch, 2);
  expectClose(both.parts.relation!, (halves[0]! + halves[1]!) / 2);
  free(both);
  made.dispose();
});

test('label smoothing: the gradient of the logits is softmax − ((1 − s) · one-hot + s / classes)', () => {
  const made = example({ kind: 'scratch' }, { labelWeight: 2 });
  const smoothing = 0.1;
  const { gradients, logits, parts } = differentiate({ ...made.objective, labelSmoothing: smoothing }, made.batch);
  const [grad, loss] = tf.tidy((): tf.Tensor[] => {
    const target = tf.add(tf.mul(tf.oneHot(tf.cast(made.batch.labels, 'int32'), 5), 1 - smoothing), smoothing / 5);
    return [
      tf.mul(tf.sum(tf.sub(tf.softmax(logits), target), 0), 2 / 8),
      tf.mul(tf.sum(tf.mul(target, tf.logSoftmax(logits))), -2 / 8),
    ];
  });
  expectClose(gradients['student.head.bias']!, grad!, { absolute: 1e-6 });
  expectClose(parts.label!, loss!);
  tf.dispose([grad!, loss!]);
  free({ gradients, logits, parts });
  made.dispose();
});

test("binary label loss: the gradient on the logits is (sigmoid − target) over examples and classes, as timm's", () => {
  const made = example({ kind: 'scratch' }, { labelWeight: 1 });
  const { gradients, logits, parts } = differentiate(
    { ...made.objective, labelSmoothing: 0.1, labelLoss: 'binary' },
    made.batch,
  );
  const grad = tf.tidy(() => {
    const target = tf.add(tf.mul(tf.oneHot(tf.cast(made.batch.labels, 'int32'), 5), 0.9), 0.02);
    return tf.div(tf.sum(tf.sub(tf.sigmoid(logits), target), 0), 8 * 5);
  });
  expectClose(gradients['student.head.bias']!, grad, { absolute: 1e-6 });
  grad.dispose();
  free({ gradients, logits, parts });
  made.dispose();
});

test('prepares each micro-batch, and passes soft labels to the loss: mixing with weight 0 changes nothing', () => {
  const made = example({ kind: 'ofa' }, { student: 'mixer_64', teacher: 'vit_64', labelWeight: 1 });
  const seen: [number, number[]][] = [];
  const plain = accumulate((microBatch) => differentiate(made.objective, microBatch), made.batch, 2);
  const mixed = accumulate(
    (microBatch) => differentiate(made.objective, microBatch),
    made.batch,
    2,
    (microBatch, index) => {
      seen.push([index, [...microBatch.indices]]);
      const { labels } = microBatch;
      const given = { images: imagesAndLabels(microBatch, 5).images, labels };
      const { images, targets } = mixBatch(given, 5, new Random(index), {
        mixup: 0,
        cutmix: 0,
        labelSmoothing: 0,
      });
      return { images, labels: targets, indices: microBatch.indices };
    },
  );
  assert.deepEqual(seen, [
    [0, [0, 1, 2, 3]],
    [1, [4, 5, 6, 7]],
  ]);
  for (const [name, value] of Object.entries(plain.parts)) expectClose(mixed.parts[name]!, value);
  free(plain);
  free(mixed);
  made.dispose();
});

test("computes the gradients of the sum of the label's part and the method's", () => {
  const gradient = (labelWeight: number, kind: string): readonly number[] => {
    const made = example({ kind }, { labelWeight });
    const result = differentiate(made.objective, made.batch);
    const values = toArray(result.gradients['student.head.weight']!);
    free(result);
    made.dispose();
    return values;
  };
  const [label, method, both] = [gradient(3, 'scratch'), gradient(0, 'kd'), gradient(3, 'kd')];
  expectClose(
    both,
    label.map((value, i) => value + method[i]!),
    { absolute: 1e-5 * largest(both) },
  );
});

test("updates the student's running averages and not the teacher's", () => {
  const made = example({ kind: 'kd' }, { student: 'resnet_16', teacher: 'resnet_24' });
  const averages = ({ student, teacher }: Example): readonly number[][] =>
    [student, teacher].map((model) =>
      parameters(model)
        .filter(([path]) => path.includes('running'))
        .flatMap(([, { value }]) => [...toArray(value)]),
    );
  const before = averages(made);
  free(differentiate(made.objective, made.batch));
  const after = averages(made);
  assert.notDeepEqual(after[0], before[0]);
  assert.deepEqual(after[1], before[1]);
  made.dispose();
});

function free({ gradients, logits }: Gradients): void {
  tf.dispose([Object.values(gradients), logits]);
}
