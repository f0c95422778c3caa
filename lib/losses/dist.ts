import * as tf from '../tensor/engine/tf';
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
 * DIST (Huang et al. 2022): ℓ = τ² · (β · (1 − mean ρ of rows) + γ · (1 − mean ρ of columns)),
 * ρ Pearson's correlation of softmax(z_s / τ) with softmax(z_t / τ). Logits [batch, classes]; returns a scalar.
 */
export function distLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { beta, gamma, temperature }: DistOptions,
): tf.Scalar {
  checkSameShape(student, teacher, 'DIST');
  checkBatch(student, 2, 'DIST');
  checkPositive(temperature, 'DIST', 'temperature');
  return tf.tidy(() => {
    const s = softmax(tf.div<tf.Tensor2D>(student, temperature));
    const t = softmax(tf.div<tf.Tensor2D>(teacher, temperature));
    const inter = tf.sub(1, tf.mean<tf.Scalar>(pearson(s, t, 1)));
    const intra = tf.sub(1, tf.mean<tf.Scalar>(pearson(s, t, 0)));
    return tf.mul(tf.add(tf.mul(inter, beta), tf.mul(intra, gamma)), temperature ** 2);
  });
}

/** Probabilities as top + rest: 1 for the likeliest class, plus what is small, so that 1 − 1e-12 keeps its digits. */
interface Probabilities {
  readonly top: tf.Tensor2D;
  readonly rest: tf.Tensor2D;
}

function softmax(logits: tf.Tensor2D): Probabilities {
  const top = tf.oneHot(tf.argMax(logits, 1), logits.shape[1], 1, 0, 'float32') as tf.Tensor2D;
  const others = tf.mul<tf.Tensor2D>(tf.exp(tf.sub(logits, tf.sum(tf.mul(logits, top), 1, true))), tf.sub(1, top));
  const sum = tf.sum<tf.Tensor2D>(others, 1, true);
  return { top, rest: tf.div(tf.sub(others, tf.mul(top, sum)), tf.add(sum, 1)) };
}

/** Correlation along an axis; the released code's ε of 1e-8 makes it 0 where either side is constant. */
function pearson(a: Probabilities, b: Probabilities, axis: number): tf.Tensor2D {
  const x = centred(a, axis);
  const y = centred(b, axis);
  const norms = tf.mul(euclideanNorm(x, axis), euclideanNorm(y, axis));
  return tf.div(tf.sum<tf.Tensor2D>(tf.mul(x, y), axis, true), tf.add(norms, 1e-8));
}

function centred({ top, rest }: Probabilities, axis: number): tf.Tensor2D {
  return tf.add(tf.sub<tf.Tensor2D>(top, tf.mean(top, axis, true)), tf.sub(rest, tf.mean(rest, axis, true)));
}
