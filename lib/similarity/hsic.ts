import { UserError } from '../errors';
import type * as tf from '../tensor/tf';

/**
 * The unbiased HSIC₁ of two Gram matrices of one batch (Song et al. 2012, equation 5), by U-centring (Székely and Rizzo 2014):
 * Σ_{i ≠ j} K̂_ij L̂_ij / (n (n − 3)), which is the same number without its cancelling terms. K and L [n, n], n ≥ 4.
 */
export function hsic(k: tf.Tensor2D, l: tf.Tensor2D): number {
  const [n] = k.shape;
  if (k.shape.join() !== `${n},${n}` || l.shape.join() !== k.shape.join()) throw new UserError(`HSIC takes two square Gram matrices of one batch, and got [${k.shape}] and [${l.shape}].`);
  return hsicOfCentred(uCentre(k.dataSync(), n), uCentre(l.dataSync(), n), n);
}

/**
 * The upper triangle, row by row, of K̂_ij = K_ij − r_i / (n − 2) − r_j / (n − 2) + s / ((n − 1)(n − 2)), where r are the row
 * sums and s the sum of K without its diagonal. Terms a_i + a_j of K vanish, so the features' mean does not matter.
 */
export function uCentre(gram: ArrayLike<number>, n: number): Float64Array {
  if (n < 4) throw new UserError(`The unbiased HSIC needs a batch of at least 4 examples, and this one has ${n}.`);
  const rows = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) if (i !== j) sum += gram[i * n + j]!;
    rows[i] = sum / (n - 2);
  }
  const offset = rows.reduce((sum, r) => sum + r, 0) / (n - 1);
  const centred = new Float64Array((n * (n - 1)) / 2);
  for (let i = 0, at = 0; i < n; i++) {
    const row = rows[i]! - offset;
    for (let j = i + 1; j < n; j++) centred[at++] = gram[i * n + j]! - row - rows[j]!;
  }
  return centred;
}

/** HSIC₁ of two U-centred Gram matrices, given as their upper triangles. */
export function hsicOfCentred(k: Float64Array, l: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < k.length; i++) sum += k[i]! * l[i]!;
  return (2 * sum) / (n * (n - 3));
}
