import * as tf from '../../tensor/engine/tf';
import type { Random } from '../../tensor/random';
import type { ImageSize } from '../image';

export interface Mixing {
  /** Parameter α of mixup's Beta(α, α) distribution; 0: no mixup. */
  readonly mixup: number;
  /** Parameter α of CutMix's Beta(α, α) distribution; 0: no CutMix. */
  readonly cutmix: number;
  /** Share of each label that is distributed over all classes. */
  readonly labelSmoothing: number;
}

export interface MixedBatch {
  /** [batch, height, width, 3] */
  readonly images: tf.Tensor4D;
  /** [batch, classes]; each row sums to 1. */
  readonly targets: tf.Tensor2D;
}

/**
 * Mixes each image i of a batch of n, and its label, with image n − 1 − i: by mixup (Zhang et al. 2018) or CutMix (Yun
 * et al. 2019), with one draw per batch as in timm's mode `batch`. If both parameters are positive, each kind has
 * probability ½. The caller disposes of the batch (images [batch, height, width, 3], labels [batch]) and of the two new
 * tensors.
 */
export function mixBatch(
  batch: { readonly images: tf.Tensor4D; readonly labels: tf.Tensor1D },
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

export interface MixPlan {
  /** The share λ of each image's own label. */
  readonly share: number;
  /** For CutMix: the rectangle that is taken from the other image. */
  readonly box?: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
}

/** Draws the kind of mixing and its share. */
export function drawMix(size: ImageSize, random: Random, { mixup, cutmix }: Mixing): MixPlan {
  if (mixup <= 0 && cutmix <= 0) return { share: 1 };
  const useCutmix = cutmix > 0 && (mixup <= 0 || random.uniform() < 0.5);
  const share = useCutmix ? random.beta(cutmix, cutmix) : random.beta(mixup, mixup);
  return useCutmix ? drawBox(size, random, share) : { share };
}

/**
 * A rectangle of the image's aspect ratio around a random centre, cropped at the border, and the share outside of it.
 */
function drawBox({ height, width }: ImageSize, random: Random, share: number): MixPlan {
  const ratio = Math.sqrt(1 - share);
  const [top, bottom] = drawInterval(height, Math.trunc(height * ratio), random);
  const [left, right] = drawInterval(width, Math.trunc(width * ratio), random);
  return { share: 1 - ((bottom - top) * (right - left)) / (height * width), box: { top, bottom, left, right } };
}

function drawInterval(size: number, length: number, random: Random): readonly [start: number, end: number] {
  const centre = random.integer(size);
  const half = Math.floor(length / 2);
  return [Math.max(centre - half, 0), Math.min(centre + half, size)];
}

/**
 * A plan as numbers, so that it is an input of a compiled function [8]: the shares of a label and of its partner, those
 * of a pixel outside of the rectangle, and the rectangle's top, bottom, left and right.
 */
export function planTensor({ share, box }: MixPlan): tf.Tensor1D {
  const { top, bottom, left, right } = box ?? { top: 0, bottom: 0, left: 0, right: 0 };
  const ofPixels = box ? [1, 0] : [share, 1 - share];
  return tf.tensor1d([share, 1 - share, ...ofPixels, top, bottom, left, right]);
}

/** `mixImages` and `mixLabels`, without smoothing, by a plan from `planTensor`. */
export function mixByTensor(
  { images, labels }: { readonly images: tf.Tensor4D; readonly labels: tf.Tensor },
  classes: number,
  plan: tf.Tensor1D,
): MixedBatch {
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const [label, otherLabel, pixel, otherPixel, top, bottom, left, right] = tf.unstack(plan) as [
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
    ];
    const inBox = tf.mul(between(top, bottom, [1, height, 1, 1]), between(left, right, [1, 1, width, 1]));
    const own = tf.add(pixel, tf.mul(inBox, tf.sub(otherPixel, pixel)));
    const other = tf.add(otherPixel, tf.mul(inBox, tf.sub(pixel, otherPixel)));
    const targets = tf.oneHot(labels, classes, 1, 0, 'float32');
    return {
      images: tf.add<tf.Tensor4D>(tf.mul(images, own), tf.mul(tf.reverse(images, 0), other)),
      targets: tf.add<tf.Tensor2D>(tf.mul(targets, label), tf.mul(tf.reverse(targets, 0), otherLabel)),
    };
  });
}

/** 1 at positions from `first` to the one before `end`, otherwise 0. */
function between(first: tf.Scalar, end: tf.Scalar, shape: number[]): tf.Tensor {
  const size = shape.reduce((product, one) => product * one, 1);
  const positions = tf.reshape(tf.range(0, size), shape);
  return tf.cast(tf.logicalAnd(tf.greaterEqual(positions, first), tf.less(positions, end)), 'float32');
}

/** images [batch, height, width, 3]; returns the same shape. */
export function mixImages(images: tf.Tensor4D, { share, box }: MixPlan): tf.Tensor4D {
  if (share === 1) return tf.clone(images);
  return tf.tidy(() => {
    const reversed = tf.reverse(images, 0);
    if (!box) return tf.add(tf.mul(images, share), tf.mul(reversed, 1 - share));
    const [, height, width] = images.shape;
    const inBox = tf.buffer([1, height, width, 1], 'bool');
    for (let row = box.top; row < box.bottom; row++) {
      for (let column = box.left; column < box.right; column++) inBox.set(true, 0, row, column, 0);
    }
    return tf.where(inBox.toTensor(), reversed, images);
  });
}

/** labels [batch]; returns the smoothed and mixed targets [batch, classes]. */
export function mixLabels(labels: tf.Tensor1D, classes: number, share: number, smoothing: number): tf.Tensor2D {
  return tf.tidy(() => {
    const rest = smoothing / classes;
    const targets = tf.oneHot(labels, classes, 1 - smoothing + rest, rest, 'float32');
    return tf.add<tf.Tensor2D>(tf.mul(targets, share), tf.mul(tf.reverse(targets, 0), 1 - share));
  });
}
