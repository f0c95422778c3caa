import * as tf from '../tensor/engine/tf';
import { checkLabels, labelDistribution, type Labels } from './labels';
import { weightedCrossEntropy } from './weightedCrossEntropy';

export interface CrossEntropyOptions {
  /** Share of the label given to all classes alike. */
  readonly smoothing?: number;
}

/**
 * ℓ = − Σ_c y_c · log softmax(z)_c, with labels y hard, smoothed (Szegedy et al. 2016) or soft (Zhang et al. 2018).
 * Logits [batch, classes], labels [batch] or [batch, classes]; returns [batch].
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: Labels,
  { smoothing = 0 }: CrossEntropyOptions = {},
): tf.Tensor1D {
  checkLabels(labels, logits, 'Cross entropy');
  return tf.tidy(() => weightedCrossEntropy(logits, labelDistribution(labels, logits.shape[1], smoothing)));
}
