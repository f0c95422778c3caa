import { UserError } from '../errors';
import * as tf from '../tensor/engine/tf';

/** Class indices [batch] (int32), or a probability for every class [batch, classes] (mixup, cutmix). */
export type Labels = tf.Tensor1D | tf.Tensor2D;

/** The target class of each example as a one-hot mask [batch, classes]; of soft labels the likeliest class. */
export function targetMask(labels: Labels, classes: number): tf.Tensor2D {
  return tf.tidy(
    () =>
      tf.oneHot(
        isSoft(labels) ? tf.argMax<tf.Tensor1D>(labels, 1) : tf.cast(labels, 'int32'),
        classes,
        1,
        0,
        'float32',
      ) as tf.Tensor2D,
  );
}

/** Labels as a distribution [batch, classes]: (1 − smoothing) · label + smoothing / classes (Szegedy et al. 2016, section 7). */
export function labelDistribution(labels: Labels, classes: number, smoothing = 0): tf.Tensor2D {
  return tf.tidy(() => {
    const rest = smoothing / classes;
    if (isSoft(labels)) return smoothing === 0 ? tf.clone(labels) : tf.add(tf.mul(labels, 1 - smoothing), rest);
    return tf.oneHot(tf.cast(labels, 'int32'), classes, 1 - smoothing + rest, rest, 'float32') as tf.Tensor2D;
  });
}

/** Refuses labels of another batch, and soft ones of other classes, than the logits [batch, classes]. */
export function checkLabels(labels: Labels, logits: tf.Tensor2D, loss: string): void {
  const wanted = isSoft(labels) ? logits.shape : logits.shape.slice(0, 1);
  if (labels.shape.join() !== wanted.join())
    throw new UserError(
      `${loss}: labels must be [${logits.shape[0]}], or soft ones [${logits.shape}], as the logits are [${logits.shape}]; they are [${labels.shape}].`,
    );
}

function isSoft(labels: Labels): labels is tf.Tensor2D {
  return labels.rank === 2;
}
