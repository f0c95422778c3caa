import { UserError } from '../errors';
import * as tf from '../tensor/engine/tf';

/**
 * Class indices [batch] (int32), or soft labels [batch, classes]: a probability for each class, as mixup and cutmix
 * make.
 */
export type Labels = tf.Tensor1D | tf.Tensor2D;

/**
 * One-hot mask of the target class: [batch, classes] of 0 and 1. The target of a soft label is its most likely class.
 */
export function targetMask(labels: Labels, classes: number): tf.Tensor2D {
  return tf.tidy(() => {
    const targets = isSoft(labels) ? tf.argMax<tf.Tensor1D>(labels, 1) : tf.cast(labels, 'int32');
    return tf.oneHot(targets, classes, 1, 0, 'float32') as tf.Tensor2D;
  });
}

/**
 * Labels as a distribution [batch, classes]: (1 − smoothing) · label + smoothing / classes (Szegedy et al. 2016,
 * section 7).
 */
export function labelDistribution(labels: Labels, classes: number, smoothing = 0): tf.Tensor2D {
  return tf.tidy(() => {
    const rest = smoothing / classes;
    if (isSoft(labels)) return smoothing === 0 ? tf.clone(labels) : tf.add(tf.mul(labels, 1 - smoothing), rest);
    return tf.oneHot(tf.cast(labels, 'int32'), classes, 1 - smoothing + rest, rest, 'float32') as tf.Tensor2D;
  });
}

/** Throws a UserError unless the labels are [batch] or [batch, classes] for logits [batch, classes]. */
export function checkLabels(labels: Labels, logits: tf.Tensor2D, loss: string): void {
  const expected = isSoft(labels) ? logits.shape : logits.shape.slice(0, 1);
  if (labels.shape.join() !== expected.join())
    throw new UserError(
      `${loss}: labels have shape [${labels.shape}]. Logits of shape [${logits.shape}] need labels of shape ` +
        `[${logits.shape[0]}], or soft labels of shape [${logits.shape}].`,
    );
}

function isSoft(labels: Labels): labels is tf.Tensor2D {
  return labels.rank === 2;
}
