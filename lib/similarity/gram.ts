import { UserError } from '../errors';
import { gramMatrix } from '../tensor/ops/gramMatrix/gramMatrix';
import * as tf from '../tensor/engine/tf';
import { uCentre } from './hsic';

/**
 * If the squared variation of a layer is smaller than this fraction of its squared magnitude, the layer counts as
 * constant.
 */
const constantLimit = 1e-12;

/**
 * The upper triangle of the U-centred Gram matrix of a layer's features on one batch; all zeros for a constant layer.
 */
export interface CentredGram {
  readonly examples: number;
  readonly values: Float64Array;
}

/**
 * The U-centred X Xᵀ of features [batch, ...], flattened per example. The matrix product is in float32, the rest in
 * float64. If the mean of the features is so large that digits would be lost, or if squares leave the range of float32,
 * the product is computed again without the mean, or with scaled features. Throws a UserError for NaN and infinity, and
 * for a batch of less than 4.
 */
export function centredGram(feature: tf.Tensor, layer = 'feature'): CentredGram {
  return scoped(() => {
    const x = flatten(feature);
    const examples = x.shape[0];
    const gram = gramMatrix(x).dataSync();
    return centred(gram, examples) ?? { examples, values: recompute(x, gram, layer) };
  });
}

/** The X Xᵀ of features [batch, ...], as a tensor [batch, batch]. */
export function gramOf(feature: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => gramMatrix(flatten(feature)));
}

/** `centredGram` of X Xᵀ; undefined if it is not accurate enough, so that the features are needed. */
export function centred(gram: ArrayLike<number>, examples: number): CentredGram | undefined {
  const values = uCentre(gram, examples);
  const accurate = inRange(gram, examples) && norm(values) > 0.02 * offDiagonalNorm(gram, examples);
  return accurate ? { examples, values } : undefined;
}

function recompute(x: tf.Tensor2D, raw: ArrayLike<number>, layer: string): Float64Array {
  const examples = x.shape[0];
  const standard = withoutMean(x, raw, layer);
  const values = uCentre(standard?.gram ?? new Float64Array(examples ** 2), examples);
  // If only one example has a non-zero feature, what remains is rounding error.
  if (!standard || norm(values) <= 1e-5 * offDiagonalNorm(standard.gram, examples)) return values.fill(0);
  return values.map((value) => value * standard.scale ** 2);
}

/**
 * The Gram matrix of (X − mean) / scale, with scale 1 unless squares of X leave the range of float32; undefined for
 * constant X.
 */
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
  return largestOnDiagonal(gram, examples) <= constantLimit * largestOnDiagonal(before, examples)
    ? undefined
    : { gram, scale };
}

function largestMagnitude(x: tf.Tensor2D, layer: string): number {
  const largest = number(tf.max(tf.abs(x)));
  // tf.max may ignore NaN; x − x does not.
  if (!Number.isFinite(largest) || number(tf.sum(tf.sub(x, x))) !== 0)
    throw new UserError(
      `CKA: the features of "${layer}" contain NaN or infinity, so their similarity is undefined. ` +
        'Check the images and the weights for such values.',
    );
  return largest;
}

/** Whether float32 can hold the squares: none overflowed, and those that underflowed are negligible. */
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

/** The Frobenius norm of the upper triangle without the diagonal. */
function offDiagonalNorm(gram: ArrayLike<number>, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) sum += gram[i * n + j]! ** 2;
  return Math.sqrt(sum);
}

function norm(values: Float64Array): number {
  let sum = 0;
  // An index loop, because a callback or an iterator takes ten times as long for this many values.
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}

function number(scalar: tf.Tensor): number {
  return scalar.dataSync()[0] ?? NaN;
}

/** Like tf.tidy, but for a function that does not return tensors. */
function scoped<T>(f: () => T): T {
  tf.engine().startScope();
  try {
    return f();
  } finally {
    tf.engine().endScope();
  }
}
