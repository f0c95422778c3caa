import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hsicOfCentred, uCentre } from '../../lib/similarity/hsic';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { features, plainGram, plainHsic } from './features';

test('equals equation 5 of Song et al. 2012, from 4 examples on', () => {
  for (const n of [4, 5, 12]) {
    const [x, y] = [plainGram(features('x', n, 5)), plainGram(features('y', n, 9))];
    expectClose(hsic(tf.tensor2d(x), tf.tensor2d(y)), plainHsic(x, y), { relative: 1e-5, absolute: 1e-5 });
  }
});

test('matches a calculation by hand for two pairs of equal examples', () => {
  const k = tf.tensor2d([
    [1, 1, 0, 0],
    [1, 1, 0, 0],
    [0, 0, 1, 1],
    [0, 0, 1, 1],
  ]);
  // tr K̃K̃ = 4, 1ᵀK̃1 = 4, 1ᵀK̃K̃1 = 4: (4 + 16 / 6 − 4) / 4.
  expectClose(hsic(k, k), 2 / 3);
});

test('has mean zero over many small samples of unrelated features: it is unbiased', () => {
  let sum = 0;
  for (let i = 0; i < 2000; i++) {
    const gram = (seed: number): tf.Tensor2D =>
      tf.tidy(() => {
        const x = tf.randomNormal<tf.Rank.R2>([5, 3], 0, 1, 'float32', seed);
        return tf.matMul(x, x, false, true);
      });
    const [k, l] = [gram(2 * i + 1), gram(2 * i + 2)];
    sum += hsic(k, l);
    tf.dispose([k, l]);
  }
  assert.ok(Math.abs(sum / 2000) < 0.1, `mean ${sum / 2000}`);
});

test('rejects fewer than 4 examples', () => {
  assert.throws(() => hsic(tf.eye(3), tf.eye(3)), /at least 4 examples, and the batch size is 3/);
});

function hsic(k: tf.Tensor2D, l: tf.Tensor2D): number {
  const [n] = k.shape;
  return hsicOfCentred(uCentre(k.dataSync(), n), uCentre(l.dataSync(), n), n);
}
