import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import type { Matrix } from './float64';

/** A matrix of normal random numbers times `scale`, rounded to float32. The name seeds the generator. */
export function matrix(name: string, rows: number, columns: number, scale = 1): Matrix {
  const random = new Random(7).fork(name);
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => Math.fround(scale * random.normal())),
  );
}

export function tensor(rows: Matrix): tf.Tensor2D {
  return tf.tensor2d(rows.map((row) => [...row]));
}

/** Class indices as an int32 tensor. */
export function classes(...labels: number[]): tf.Tensor1D {
  return tf.tensor1d(labels, 'int32');
}
