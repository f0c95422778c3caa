import { UserError } from '../errors';
import * as tf from '../tensor/tf';
import { uCentre } from './hsic';

/** Variation below this share of a layer's own magnitude is rounding: the layer counts as constant. */
const rounding = 1e-6;

/** The U-centred Gram matrix of one layer's features on one batch, as its upper triangle; all zero for a constant layer. */
export interface CentredGram {
  readonly examples: number;
  readonly values: Float64Array;
}

/**
 * X Xᵀ of features [batch, ...] flattened per example, U-centred: one matrix product in float32, the rest in float64.
 * Where the product leaves float32's range, or the features' mean outweighs their variation, it is taken once more
 * of features in units of their largest value and without their mean. NaN and infinity are refused.
 */
export function centredGram(feature: tf.Tensor, layer = 'feature'): CentredGram {
  return scoped(() => {
    const x = flatten(feature);
    const examples = x.shape[0];
    const gram = gramMatrix(x);
    const values = uCentre(gram, examples);
    const largest = largestOnDiagonal(gram, examples);
    const safe = largest > 1e-24 && largest < 1e32 && norm(values) > 0.02 * offDiagonalNorm(gram, examples);
    return { examples, values: safe ? values : carefully(x, layer) };
  });
}

/** (X − mean)(X − mean)ᵀ of features [batch, ...] flattened per example, up to scale; undefined where they are constant. */
export function standardGram(feature: tf.Tensor, layer = 'feature'): ArrayLike<number> | undefined {
  return scoped(() => {
    const { centred, spread } = standardise(flatten(feature), layer);
    return spread > rounding ? gramMatrix(centred) : undefined;
  });
}

function carefully(x: tf.Tensor2D, layer: string): Float64Array {
  const examples = x.shape[0];
  const { centred, spread, scale } = standardise(x, layer);
  const gram = gramMatrix(centred);
  const values = uCentre(gram, examples);
  const constant = spread <= rounding || norm(values) <= 10 * rounding * offDiagonalNorm(gram, examples);
  return constant ? new Float64Array(values.length) : values.map((value) => value * scale ** 2);
}

/** centred = (X − mean) / scale, with scale = max |X|; spread is the largest magnitude left. */
function standardise(x: tf.Tensor2D, layer: string): { centred: tf.Tensor2D; scale: number; spread: number } {
  const scale = number(tf.max(tf.abs(x)));
  // NaN may hide from max, but not from x − x.
  if (!Number.isFinite(scale) || number(tf.sum(tf.sub(x, x))) !== 0)
    throw new UserError(`CKA: "${layer}" has values that are not finite (NaN or infinity), so its similarity means nothing. Look for them in the images and in the weights.`);
  const unit = tf.mul<tf.Tensor2D>(x, scale > 1e-37 ? 1 / scale : 0);
  const centred = tf.sub<tf.Tensor2D>(unit, tf.mean(unit, 0, true));
  return { centred, scale, spread: number(tf.max(tf.abs(centred))) };
}

function flatten(feature: tf.Tensor): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(feature, [feature.shape[0] ?? 1, -1]);
}

/** [examples, examples], row by row. */
function gramMatrix(x: tf.Tensor2D): ArrayLike<number> {
  return tf.matMul(x, x, false, true).dataSync();
}

function largestOnDiagonal(gram: ArrayLike<number>, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, gram[i * n + i]!);
  return largest;
}

/** The norm of the upper triangle without the diagonal. */
function offDiagonalNorm(gram: ArrayLike<number>, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) sum += gram[i * n + j]! ** 2;
  return Math.sqrt(sum);
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function number(scalar: tf.Tensor): number {
  return scalar.dataSync()[0] ?? NaN;
}

/** Frees the tensors that `f` makes, like tf.tidy, and returns what is no tensor. */
function scoped<T>(f: () => T): T {
  tf.engine().startScope();
  try {
    return f();
  } finally {
    tf.engine().endScope();
  }
}
