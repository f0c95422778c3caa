import type { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import type { Batch } from '../batches/batches';
import type { ImageSize } from '../images/imageSet';

export interface Mixing {
  /** Both parameters of the beta distribution of mixup's share, and of cutmix's. */
  readonly mixup: number;
  readonly cutmix: number;
  /** Share of each label that is spread over all classes. */
  readonly labelSmoothing: number;
}

export interface MixedBatch {
  /** [batch, height, width, 3] */
  readonly images: tf.Tensor4D;
  /** [batch, classes], rows that sum to one. */
  readonly targets: tf.Tensor2D;
}

/**
 * Mixes each image and its label with those of its mirror place in the batch: by mixup (Zhang et al. 2018) or, half of the time,
 * by cutmix (Yun et al. 2019), one draw a batch, as timm's mode `batch`. A parameter of 0 leaves its kind out. The batch stays the
 * caller's; so do the two new tensors.
 */
export function mixBatch(
  batch: Pick<Batch, 'images' | 'labels'>,
  classes: number,
  random: Random,
  mixing: Mixing,
): MixedBatch {
  const [, height, width] = batch.images.shape;
  const plan = drawMix({ height, width }, random, mixing);
  return tf.tidy(() => ({
    images: mixImages(batch.images, plan),
    targets: mixLabels(batch.labels, classes, plan.share, mixing.labelSmoothing),
  }));
}

/** What a batch keeps of itself, and for cutmix the rectangle that it takes from its mirror image. */
export interface MixPlan {
  readonly share: number;
  readonly box?: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
}

/** Draws the one or the other kind, and its share from a beta distribution with both parameters equal. */
export function drawMix(size: ImageSize, random: Random, { mixup, cutmix }: Mixing): MixPlan {
  if (mixup <= 0 && cutmix <= 0) return { share: 1 };
  const cut = cutmix > 0 && (mixup <= 0 || random.uniform() < 0.5);
  const share = cut ? random.beta(cutmix, cutmix) : random.beta(mixup, mixup);
  return cut ? drawBox(size, random, share) : { share };
}

/** A rectangle with the image's proportions about a random centre, cut off at the border; the share is then that of the rest. */
function drawBox({ height, width }: ImageSize, random: Random, share: number): MixPlan {
  const ratio = Math.sqrt(1 - share);
  const [top, bottom] = span(height, Math.trunc(height * ratio), random);
  const [left, right] = span(width, Math.trunc(width * ratio), random);
  return { share: 1 - ((bottom - top) * (right - left)) / (height * width), box: { top, bottom, left, right } };
}

function span(size: number, length: number, random: Random): readonly [number, number] {
  const centre = random.integer(size);
  const half = Math.floor(length / 2);
  return [Math.max(centre - half, 0), Math.min(centre + half, size)];
}

/** images [batch, height, width, 3]; returns the same shape. */
export function mixImages(images: tf.Tensor4D, { share, box }: MixPlan): tf.Tensor4D {
  if (share === 1) return tf.clone(images);
  return tf.tidy(() => {
    const mirror = tf.reverse(images, 0);
    if (!box) return tf.add(tf.mul(images, share), tf.mul(mirror, 1 - share));
    const [, height, width] = images.shape;
    const inside = tf.buffer([1, height, width, 1], 'bool');
    for (let row = box.top; row < box.bottom; row++)
      for (let column = box.left; column < box.right; column++) inside.set(true, 0, row, column, 0);
    return tf.where(inside.toTensor(), mirror, images);
  });
}

/** labels [batch]; returns [batch, classes]. */
export function mixLabels(labels: tf.Tensor1D, classes: number, share: number, smoothing: number): tf.Tensor2D {
  return tf.tidy(() => {
    const rest = smoothing / classes;
    const own = tf.oneHot(labels, classes, 1 - smoothing + rest, rest, 'float32');
    return tf.add<tf.Tensor2D>(tf.mul(own, share), tf.mul(tf.reverse(own, 0), 1 - share));
  });
}
