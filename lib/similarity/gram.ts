import { UserError } from '../errors';
import { gramMatrix } from '../tensor/ops/gramMatrix/gramMatrix';
import * as tf from '../tensor/engine/tf';
import { uCentre } from './hsic';

/** Squared variation below this share of a layer's squared magnitude is float32's rounding: the layer counts as constant. */
const rounding = 1e-12;

/** The U-centred Gram matrix of one layer's features on one batch, as its upper triangle; all zero for a constant layer. */
export interface CentredGram {
  readonly examples: number;
  readonly values: Float64Array;
}

/**
 * X Xᵀ of features [batch, ...] flattened per example, U-centred: one matrix product in float32, the rest in float64. Where
 * the features' mean so outweighs their variation that digits would be lost, or where squares leave float32's range, it is
 * taken once more without the mean, or in units of the largest value. NaN and infinity are refused.
 */
export function centredGram(feature: tf.Tensor, layer = 'feature'): CentredGram {
  return scoped(() => {
    const x = flatten(feature);
    const examples = x.shape[0];
    const gram = gramMatrix(x).dataSync();
    const values = uCentre(gram, examples);
    const enough = inRange(gram, examples) && norm(values) > 0.02 * offDiagonalNorm(gram, examples);
    return { examples, values: enough ? values : carefully(x, gram, layer) };
  });
}

/** (X − mean)(X − mean)ᵀ of features [batch, ...] flattened per example, up to scale; undefined where they are constant. */
export function standardGram(feature: tf.Tensor, layer = 'feature'): ArrayLike<number> | undefined {
  return scoped(() => {
    const x = flatten(feature);
    return withoutMean(x, gramMatrix(x).dataSync(), layer)?.gram;
  });
}

function carefully(x: tf.Tensor2D, raw: ArrayLike<number>, layer: string): Float64Array {
  const examples = x.shape[0];
  const standard = withoutMean(x, raw, layer);
  const values = uCentre(standard?.gram ?? new Float64Array(examples ** 2), examples);
  // What one example alone excites leaves only rounding.
  if (!standard || norm(values) <= 1e-5 * offDiagonalNorm(standard.gram, examples)) return values.fill(0);
  return values.map((value) => value * standard.scale ** 2);
}

/** The Gram matrix of (X − mean) / scale, where scale is 1 unless squares of X leave float32's range; undefined for constant X. */
function withoutMean(
  x: tf.Tensor2D,
  raw: ArrayLike<number>,
  layer: string,
): { gram: ArrayLike<number>; scale: number } | undefined {
  const examples = x.shape[0];
  const scale = inRange(raw, examples) ? 1 : largestMagnitude(x, layer);
  if (scale < 1e-37) return undefined;
  const unit = scale === 1 ? x : tf.mul<tf.Tensor2D>(x, 1 / scale);
  const before = scale === 1 ? raw : gramMatrix(unit).dataSync();
  const gram = gramMatrix(tf.sub(unit, tf.mean(unit, 0, true))).dataSync();
  return largestOnDiagonal(gram, examples) <= rounding * largestOnDiagonal(before, examples)
    ? undefined
    : { gram, scale };
}

function largestMagnitude(x: tf.Tensor2D, layer: string): number {
  const largest = number(tf.max(tf.abs(x)));
  // NaN may hide from max, but not from x − x.
  if (!Number.isFinite(largest) || number(tf.sum(tf.sub(x, x))) !== 0)
    throw new UserError(
      `CKA: "${layer}" has values that are not finite (NaN or infinity), so its similarity means nothing. Look for them in the images and in the weights.`,
    );
  return largest;
}

/** Whether float32 held the squares: none overflowed, and what underflowed is small beside the largest. */
function inRange(gram: ArrayLike<number>, examples: number): boolean {
  const largest = largestOnDiagonal(gram, examples);
  return largest > 1e-24 && largest < 1e32;
}

function flatten(feature: tf.Tensor): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(feature, [feature.shape[0], -1]);
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
  let sum = 0;
  // An index, since a callback or an iterator for each of so many values takes ten times as long.
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
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
