import { UserError } from '../errors';

/**
 * A Gram matrix K [n, n], n ≥ 4, U-centred (Székely and Rizzo 2014): the upper triangle, row by row, of K̂_ij = K_ij − r_i / (n − 2) − r_j / (n − 2) + s / ((n − 1)(n − 2)), where r are the row
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

/**
 * The unbiased HSIC₁ of the Gram matrices of one batch (Song et al. 2012, equation 5), given U-centred:
 * Σ_{i ≠ j} K̂_ij L̂_ij / (n (n − 3)), which is the same number without its cancelling terms.
 */
export function hsicOfCentred(k: Float64Array, l: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < k.length; i++) sum += k[i]! * l[i]!;
  return (2 * sum) / (n * (n - 3));
}
