import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleGram } from '../../lib/similarity/exampleGram';
import { biasedCka } from '../../lib/similarity/linearCka';
import { compare } from '../../lib/similarity/measure';
import { MinibatchCka } from '../../lib/similarity/minibatchCka';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { features, plainGram, plainHsic } from './features';

type Rows = readonly (readonly number[])[];

/** Unbiased CKA of one batch, in float64. */
function plainMinibatch(x: tf.Tensor2D, y: tf.Tensor2D): number {
  const [k, l] = [plainGram(x), plainGram(y)];
  return plainHsic(k, l) / Math.sqrt(plainHsic(k, k) * plainHsic(l, l));
}

/** Linear CKA of one full batch in float64, for features with mean zero. */
function plainFull(x: tf.Tensor2D, y: tf.Tensor2D): number {
  const [k, l] = [x, y].map(plainGram);
  const product = (a: Rows, b: Rows): number =>
    a.reduce((sum, row, i) => sum + row.reduce((inner, v, j) => inner + v * b[i]![j]!, 0), 0);
  return product(k!, l!) / Math.sqrt(product(k!, k!) * product(l!, l!));
}

/** Appends the negative of each row, so that the mean is zero. */
const opposite = (x: tf.Tensor2D): tf.Tensor2D => tf.concat([x, tf.neg(x)]);
const repeated = (x: tf.Tensor2D, order: readonly number[]): tf.Tensor2D =>
  tf.gather(x, tf.tensor1d([...order], 'int32'));
const linearCka = (x: tf.Tensor, y: tf.Tensor): number | null => compare(biasedCka, exampleGram(x), exampleGram(y));
const cell = (x: tf.Tensor, y: tf.Tensor): number | null => {
  const cka = new MinibatchCka(['x'], ['y']);
  cka.add({ x }, { y });
  return cka.result().values[0]![0]!;
};

const pairs: Readonly<Record<string, (name: string, width: number) => tf.Tensor2D>> = {
  'four images': (name, width) => opposite(features(name, 2, width)),
  'every image three times': (name, width) =>
    repeated(opposite(features(name, 2, width)), [0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3]),
  'eight images of a wide layer': (name, width) => opposite(features(name, 4, 50 * width)),
};

for (const [content, make] of Object.entries(pairs))
  for (const a of [1e-20, 1, 1e20])
    for (const b of [1e-20, 1, 1e20]) {
      test(`matches float64: ${content}, features of ±${a} against ±${b}`, () => {
        const [x, y] = [make('x', 6), make('y', 9)];
        expectClose(cell(tf.mul(x, a), tf.mul(y, b))!, plainMinibatch(x, y), { relative: 1e-4, absolute: 1e-5 });
        expectClose(linearCka(tf.mul(x, a), tf.mul(y, b))!, plainFull(x, y), { relative: 1e-4, absolute: 1e-5 });
      });
    }

test('is undefined for a batch of one repeated image', () => {
  const x = repeated(features('x', 1, 6), [0, 0, 0, 0]);
  for (const scale of [1e-20, 1, 1e20]) {
    assert.equal(cell(tf.mul(x, scale), opposite(features('y', 2, 9))), null);
    assert.equal(linearCka(tf.mul(x, scale), opposite(features('y', 2, 9))), null);
  }
});
