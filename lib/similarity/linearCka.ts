import { UserError } from '../errors';
import type * as tf from '../tensor/engine/tf';
import { standardGram } from './gram';

/**
 * Linear CKA of two layers over one full batch (Kornblith et al. 2019, section 3): ⟨K, L⟩ / (‖K‖ ‖L‖), K and L the Gram
 * matrices of features without their mean. Features [batch, ...], flattened per example, batch ≥ 2; null where a layer is
 * constant. Holds a [batch, batch] matrix: for many examples take `MinibatchCka`.
 */
export function linearCka(x: tf.Tensor, y: tf.Tensor): number | null {
  if (x.shape[0] !== y.shape[0])
    throw new UserError(`CKA compares layers on the same examples, and got ${x.shape[0]} and ${y.shape[0]}.`);
  if (x.shape[0] < 2) throw new UserError('CKA compares examples with each other and needs at least 2.');
  const k = standardGram(x, 'first features');
  const l = standardGram(y, 'second features');
  return k && l ? product(k, l) / Math.sqrt(product(k, k) * product(l, l)) : null;
}

function product(k: ArrayLike<number>, l: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < k.length; i++) sum += k[i]! * l[i]!;
  return sum;
}
