import * as tf from '../tensor/tf';
import { checkBatch, checkPositive, checkSameShape } from './check';
import { euclideanNorm } from './norm';

export interface DistOptions {
  /** Weight of the relations between classes, within each example. */
  readonly beta: number;
  /** Weight of the relations between examples, within each class. */
  readonly gamma: number;
  readonly temperature: number;
}

/**
 * DIST (Huang et al. 2022, equations 7 to 10): ℓ = τ² · (β · (1 − mean ρ of rows) + γ · (1 − mean ρ of columns)),
 * ρ Pearson's correlation of softmax(z_s / τ) with softmax(z_t / τ). Logits [batch, classes]; returns a scalar.
 */
export function distLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, { beta, gamma, temperature }: DistOptions): tf.Scalar {
  checkSameShape(student, teacher, 'DIST');
  checkBatch(student, 2, 'DIST');
  checkPositive(temperature, 'DIST', 'temperature');
  return tf.tidy(() => {
    const s = tf.softmax(tf.div<tf.Tensor2D>(student, temperature));
    const t = tf.softmax(tf.div<tf.Tensor2D>(teacher, temperature));
    const inter = tf.sub(1, tf.mean<tf.Scalar>(pearson(s, t, 1)));
    const intra = tf.sub(1, tf.mean<tf.Scalar>(pearson(s, t, 0)));
    return tf.mul(tf.add(tf.mul(inter, beta), tf.mul(intra, gamma)), temperature ** 2);
  });
}

/** Correlation along an axis; the released code's ε of 1e-8 makes it 0 where either side is constant. */
function pearson(a: tf.Tensor2D, b: tf.Tensor2D, axis: number): tf.Tensor2D {
  const x = tf.sub<tf.Tensor2D>(a, tf.mean(a, axis, true));
  const y = tf.sub<tf.Tensor2D>(b, tf.mean(b, axis, true));
  const norms = tf.mul(euclideanNorm(x, axis), euclideanNorm(y, axis));
  return tf.div(tf.sum<tf.Tensor2D>(tf.mul(x, y), axis, true), tf.add(norms, 1e-8));
}
