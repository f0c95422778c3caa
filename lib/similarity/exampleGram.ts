import { UserError } from '../errors';
import { gramMatrix64 } from '../tensor/ops/gramMatrix/gramMatrix64';
import * as tf from '../tensor/engine/tf';

/**
 * All that the similarity measures read of a layer: inner products between examples. It takes examples² numbers of
 * memory, whatever the width of the layer.
 */
export interface ExampleGram {
  readonly examples: number;
  /** Numbers per example. */
  readonly width: number;
  /** X Xᵀ [examples, examples], row by row. */
  readonly values: Float64Array;
  /** Mean feature of each example [examples]. */
  readonly means: Float64Array;
}

/**
 * X Xᵀ in float64 of features [examples, ...], flattened per example. Throws a UserError for fewer than two examples
 * and for features that hold NaN or infinity.
 */
export function exampleGram(features: tf.Tensor, layer = 'features'): ExampleGram {
  const examples = features.shape[0];
  if (features.rank < 2 || examples < 2) {
    const shape = `[${features.shape.join(', ')}]`;
    throw new UserError(
      `Similarity of "${layer}": features need the shape [examples, ...] with at least 2 examples. Got ${shape}.`,
    );
  }
  const flat = tf.reshape<tf.Rank.R2>(features, [examples, -1]);
  const means = tf.tidy(() => tf.mean(flat, 1));
  try {
    const gram = {
      examples,
      width: flat.shape[1],
      values: gramMatrix64(flat),
      means: Float64Array.from(means.dataSync()),
    };
    checkFinite(gram, layer);
    return gram;
  } finally {
    tf.dispose([flat, means]);
  }
}

function checkFinite({ examples, values }: ExampleGram, layer: string): void {
  for (let i = 0; i < examples; i++) {
    if (Number.isFinite(values[i * examples + i])) continue;
    throw new UserError(
      `Similarity of "${layer}": example ${i} has features that are NaN or infinite. ` +
        'Look for such values in the images and in the weights.',
    );
  }
}

/**
 * Squared variation below this share of a layer's squared magnitude is float32's rounding: the layer counts as
 * constant.
 */
const rounding = 1e-12;

/** H K H with H = I − 1/n: the Gram matrix of features without their mean. Undefined for constant features. */
export function centred(gram: ArrayLike<number>, examples: number): Float64Array | undefined {
  const rows = rowMeans(gram, examples);
  const all = rows.reduce((sum, value) => sum + value, 0) / examples;
  const values = new Float64Array(examples * examples);
  for (let i = 0; i < examples; i++) {
    for (let j = 0; j < examples; j++) values[i * examples + j] = gram[i * examples + j]! - rows[i]! - rows[j]! + all;
  }
  return largestDiagonal(values, examples) > rounding * largestDiagonal(gram, examples) ? values : undefined;
}

/** Squared Euclidean distances [examples, examples] between the examples. */
export function squaredDistances({ examples, values }: ExampleGram): Float64Array {
  const distances = new Float64Array(examples * examples);
  for (let i = 0; i < examples; i++) {
    for (let j = 0; j < examples; j++) {
      const squared = values[i * examples + i]! + values[j * examples + j]! - 2 * values[i * examples + j]!;
      distances[i * examples + j] = i === j ? 0 : Math.max(0, squared);
    }
  }
  return distances;
}

/** Inner products of examples scaled to unit length (cosine similarities). Undefined where an example is zero. */
export function cosines({ examples, values }: ExampleGram): Float64Array | undefined {
  const lengths = Float64Array.from({ length: examples }, (_, i) => Math.sqrt(values[i * examples + i]!));
  if (lengths.some((length) => length === 0)) return undefined;
  return values.map((value, at) => value / (lengths[Math.floor(at / examples)]! * lengths[at % examples]!));
}

function rowMeans(matrix: ArrayLike<number>, n: number): Float64Array {
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) means[i] += matrix[i * n + j]! / n;
  return means;
}

function largestDiagonal(matrix: ArrayLike<number>, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i]!);
  return largest;
}
