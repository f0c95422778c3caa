import * as tf from '../tensor/engine/tf';
import { checkLabels, labelDistribution, type Labels } from './labels';
import { weightedCrossEntropy } from './weightedCrossEntropy';

export interface CrossEntropyOptions {
  /** Label smoothing: the probability that is spread evenly over all classes. Default: 0. */
  readonly smoothing?: number;
}

/**
 * Cross entropy with the labels: ℓ = − Σ_c y_c · log softmax(z)_c. Labels y are class indices, optionally smoothed
 * (Szegedy et al. 2016, section 7), or soft ones as mixup makes them (Zhang et al. 2018).
 *
 * Logits z [batch, classes]; labels [batch], or soft [batch, classes]. Returns [batch].
 * Throws a UserError if the labels do not match the logits.
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: Labels,
  { smoothing = 0 }: CrossEntropyOptions = {},
): tf.Tensor1D {
  checkLabels(labels, logits, 'Cross entropy');
  return tf.tidy(() => weightedCrossEntropy(logits, labelDistribution(labels, logits.shape[1], smoothing)));
}
