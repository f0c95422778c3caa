import { UserError } from '../errors';
import type * as tf from '../tensor/engine/tf';
import { standardGram } from './gram';

/**
 * Linear CKA of two layers over one full batch (Kornblith et al. 2019, section 3): ⟨K, L⟩ / (‖K‖ ‖L‖), with K and L the
 * Gram matrices of the features without their mean. The result is in [0, 1], and does not change if the features of a
 * layer are scaled, shifted or rotated.
 *
 * Features [batch, ...], batch ≥ 2, flattened per example. Returns null if a layer is constant. Memory grows with the
 * square of the batch: use `MinibatchCka` for many examples. Throws a UserError if the batches differ or are too small,
 * or for NaN and infinity.
 */
export function linearCka(x: tf.Tensor, y: tf.Tensor): number | null {
  if (x.shape[0] !== y.shape[0])
    throw new UserError(
      `CKA: the two layers have ${x.shape[0]} and ${y.shape[0]} examples. Compute both from the same images.`,
    );
  if (x.shape[0] < 2)
    throw new UserError(`CKA needs a batch of at least 2 examples, and the batch size is ${x.shape[0]}.`);
  const k = standardGram(x, 'first features');
  const l = standardGram(y, 'second features');
  return k && l ? innerProduct(k, l) / Math.sqrt(innerProduct(k, k) * innerProduct(l, l)) : null;
}

function innerProduct(k: ArrayLike<number>, l: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < k.length; i++) sum += k[i]! * l[i]!;
  return sum;
}
