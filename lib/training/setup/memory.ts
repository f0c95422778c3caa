import { UserError } from '../../errors';
import { backendInfo } from '../../tensor/engine/backendInfo';
import * as tf from '../../tensor/engine/tf';
import type { Recipe } from '../recipe/recipe';
import { differentiate } from '../step/gradients';
import { Training } from '../training';
import type { Resources } from './resources';

/** Bounds on the bytes that a step needs, as functions of the images of one forward pass. */
export interface StepMemory {
  min(images: number): number;
  max(images: number): number;
}

/**
 * Lower bound as a share of the bytes that TensorFlow.js counts. It counts two views of one array twice, and it does
 * not see the buffers inside an op. Measured for CNN, ViT and MLP with and without branches, a process grew by 0.59 to
 * 0.9 of them.
 */
const minShare = 0.5;

/**
 * Free bytes per byte of image from which nothing is measured: a network's features of an image take up to 600 times
 * the image's own bytes, and this is five times as much.
 */
const plenty = 3000;

/**
 * Estimates the memory of a step from two small steps of a temporary training. Assumes that memory grows linearly with
 * the batch, which underestimates RKD's angles.
 */
export async function stepMemory(recipe: Recipe, resources: Resources): Promise<StepMemory> {
  const [few, more] = [4, 8];
  const training = new Training(recipe, resources);
  try {
    const weights = training.state().reduce((sum, [, { value }]) => sum + 4 * value.size, 0);
    const [small, large] = [await peakBytes(training, resources, few), await peakBytes(training, resources, more)];
    const perImage = (large - small) / (more - few);
    // Five copies of the weights: themselves, their gradients, two moments of the optimiser, and the running average.
    const max = (images: number): number => 5 * weights + small + perImage * (images - few);
    return { max, min: (images) => minShare * max(images) };
  } finally {
    training.dispose();
  }
}

/**
 * Checks before the first step whether a step fits into `free` bytes, because the system kills a process without a
 * message when memory runs out. Throws a UserError with a batch size that fits if the step certainly does not fit.
 * Returns a notice if it may not fit, and undefined if it fits.
 */
export async function checkMemory(
  recipe: Recipe,
  resources: Resources,
  free = process.availableMemory(),
): Promise<string | undefined> {
  const { batchSize, accumulation, imageSize = resources.train.size.height } = recipe;
  const images = batchSize / accumulation;
  if (backendInfo().device === 'GPU' || images * imageSize ** 2 * 12 * plenty < free) return undefined;
  const { min, max } = await stepMemory(recipe, resources);
  if (max(images) <= free) return undefined;
  const range = `${gigabytes(min(images))} to ${gigabytes(max(images))}`;
  const text =
    `A step of ${images} images at a time needs ${range} of memory, and ${gigabytes(free)} are free. ` +
    adviceFor(batchSize, (count) => max(count) <= free);
  if (min(images) > free) throw new UserError(text);
  return text;
}

function adviceFor(batchSize: number, fits: (images: number) => boolean): string {
  const accumulation = divisors(batchSize).find((count) => fits(batchSize / count));
  if (accumulation === undefined) {
    return 'Not even single images certainly fit: take a smaller network or smaller images.';
  }
  const images = batchSize / accumulation;
  return (
    `${images} at a time fit: set accumulation to ${accumulation} (batch norm, mixing and losses between images ` +
    `then see ${images} at a time), or make batchSize smaller.`
  );
}

/** Peak of the additional bytes during one forward and backward pass of blank images. */
async function peakBytes(
  { objective, recipe: { dropPath: rate } }: Training,
  { train }: Resources,
  count: number,
): Promise<number> {
  const side = objective.student.imageSize;
  const before = tf.memory().numBytes;
  const indices = Uint32Array.from({ length: count }, (_, i) => i % train.count);
  const images = tf.zeros<tf.Rank.R4>([count, side, side, 3]);
  const labels = tf.tensor1d(
    Int32Array.from(indices, (index) => train.labels[index]!),
    'int32',
  );
  const { peakBytes: peak } = await tf.profile(() => {
    // With drop path a block is not one op, and keeps more for its gradient.
    const { gradients, logits } = differentiate(objective, { images, labels, indices, dropPath: rate });
    tf.dispose([images, labels, logits, Object.values(gradients)]);
    return [];
  });
  return peak - before;
}

function divisors(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((divisor) => n % divisor === 0);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
