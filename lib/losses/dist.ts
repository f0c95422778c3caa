import * as tf from '../tensor/engine/tf';
import { checkBatchSize, checkPositive, checkSameShape } from './check';
import { euclideanNorm } from './norm';

export interface DistOptions {
  /** Weight of the inter-class relation: the correlation across classes, within each example. */
  readonly beta: number;
  /** Weight of the intra-class relation: the correlation across examples, within each class. */
  readonly gamma: number;
  readonly temperature: number;
}

/**
 * DIST (Huang et al. 2022, arXiv 2205.10536): ℓ = τ² · (β · (1 − mean of ρ over rows) + γ · (1 − mean of ρ over
 * columns)), with ρ Pearson's correlation between softmax(z_s / τ) and softmax(z_t / τ).
 *
 * Logits z [batch, classes], batch ≥ 2. Returns a scalar. Throws a UserError if the shapes differ, the batch is too
 * small, or the temperature τ is not positive.
 */
export function distLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { beta, gamma, temperature }: DistOptions,
): tf.Scalar {
  checkSameShape(student, teacher, 'DIST');
  checkBatchSize(student, 2, 'DIST');
  checkPositive(temperature, 'DIST', 'temperature');
  return tf.tidy(() => {
    const s = softmax(tf.div<tf.Tensor2D>(student, temperature));
    const t = softmax(tf.div<tf.Tensor2D>(teacher, temperature));
    const inter = tf.sub(1, tf.mean<tf.Scalar>(pearson(s, t, 1)));
    const intra = tf.sub(1, tf.mean<tf.Scalar>(pearson(s, t, 0)));
    return tf.mul(tf.add(tf.mul(inter, beta), tf.mul(intra, gamma)), temperature ** 2);
  });
}

/**
 * Probabilities as the sum of two parts: `top`, 1 for the most likely class, and `rest`, a small correction. A float32
 * cannot hold 1 − 1e-12, but this pair of them can.
 */
interface Probabilities {
  readonly top: tf.Tensor2D;
  readonly rest: tf.Tensor2D;
}

function softmax(logits: tf.Tensor2D): Probabilities {
  const top = tf.oneHot(tf.argMax(logits, 1), logits.shape[1], 1, 0, 'float32') as tf.Tensor2D;
  const topLogit = tf.sum(tf.mul(logits, top), 1, true);
  const others = tf.mul<tf.Tensor2D>(tf.exp(tf.sub(logits, topLogit)), tf.sub(1, top));
  const sum = tf.sum<tf.Tensor2D>(others, 1, true);
  return { top, rest: tf.div(tf.sub(others, tf.mul(top, sum)), tf.add(sum, 1)) };
}

/** Pearson's correlation along an axis. The released code's ε of 1e-8 makes it 0 where one side is constant. */
function pearson(a: Probabilities, b: Probabilities, axis: number): tf.Tensor2D {
  const x = centre(a, axis);
  const y = centre(b, axis);
  const norms = tf.mul(euclideanNorm(x, axis), euclideanNorm(y, axis));
  return tf.div(tf.sum<tf.Tensor2D>(tf.mul(x, y), axis, true), tf.add(norms, 1e-8));
}

function centre({ top, rest }: Probabilities, axis: number): tf.Tensor2D {
  return tf.add(tf.sub<tf.Tensor2D>(top, tf.mean(top, axis, true)), tf.sub(rest, tf.mean(rest, axis, true)));
}
