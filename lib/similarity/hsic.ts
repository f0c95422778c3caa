import { UserError } from '../errors';

/**
 * U-centres a Gram matrix K [n, n], n ≥ 4 (Székely and Rizzo 2014): K̂_ij = K_ij − r_i / (n − 2) − r_j / (n − 2) +
 * s / ((n − 1)(n − 2)), where r are the row sums and s is the sum of K, both without the diagonal. Returns the upper
 * triangle of K̂ row by row. Adding a_i + a_j to K changes nothing, so the mean of the features does not matter. Throws
 * a UserError if n < 4.
 */
export function uCentre(gram: ArrayLike<number>, n: number): Float64Array {
  if (n < 4) throw new UserError(`The unbiased HSIC needs a batch of at least 4 examples, and the batch size is ${n}.`);
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

/**
 * The unbiased HSIC₁ of two Gram matrices of one batch (Song et al. 2012, equation 5), from their U-centred upper
 * triangles: Σ_{i ≠ j} K̂_ij L̂_ij / (n (n − 3)). This form equals equation 5 without its cancelling terms.
 */
export function hsicOfCentred(k: Float64Array, l: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < k.length; i++) sum += k[i]! * l[i]!;
  return (2 * sum) / (n * (n - 3));
}
