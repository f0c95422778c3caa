import { UserError } from '../../errors';
import { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import { backendInfo } from '../../tensor/engine/backendInfo';
import { differentiate } from '../step/gradients';
import type { Recipe } from '../recipe/recipe';
import { Training, type Resources } from '../training';

/** The bytes of memory that a step needs, by the images that it sees at a time: at least, and at most. */
export interface StepMemory {
  least(images: number): number;
  most(images: number): number;
}

/**
 * Of the bytes that TensorFlow.js counts: it counts two views of one array twice, and knows nothing of what an op needs within.
 * Measured for CNN, ViT and MLP with and without branches, a process grew by 0.59 to 0.9 of them.
 */
const leastShare = 0.5;
/** A network's features of an image take up to 600 times the image's own bytes: where five times that fits, nothing is measured. */
const ample = 3000;

/** Measures two steps of few images by a training that is thrown away. What grows faster than the batch, as RKD's angles do, is not foreseen. */
export async function stepMemory(recipe: Recipe, resources: Resources): Promise<StepMemory> {
  const [few, more] = [4, 8];
  const training = new Training(recipe, resources);
  try {
    const weights = training.state().reduce((sum, [, { value }]) => sum + 4 * value.size, 0);
    const [small, large] = [await peakBytes(training, resources, few), await peakBytes(training, resources, more)];
    const each = (large - small) / (more - few);
    // Weights, gradients, and what the optimiser and the running average remember.
    const most = (images: number): number => 5 * weights + small + each * (images - few);
    return { most, least: (images) => leastShare * most(images) };
  } finally {
    training.dispose();
  }
}

/**
 * Looks whether a step fits into `free` bytes before the first one is taken: on a full memory the system kills a process without a word.
 * Throws a UserError with what would fit where it surely does not; returns a notice where it may not.
 */
export async function checkMemory(
  recipe: Recipe,
  resources: Resources,
  free = process.availableMemory(),
): Promise<string | undefined> {
  const { batchSize, accumulation, imageSize = resources.train.size.height } = recipe;
  const images = batchSize / accumulation;
  if (backendInfo().device === 'GPU' || images * imageSize ** 2 * 12 * ample < free) return undefined;
  const { least, most } = await stepMemory(recipe, resources);
  if (most(images) <= free) return undefined;
  const pieces = divisors(batchSize).find((parts) => most(batchSize / parts) <= free);
  const advice =
    pieces === undefined
      ? 'Not even single images surely fit: take a smaller network or smaller images.'
      : `${batchSize / pieces} at a time fit: set accumulation to ${pieces} (batch norm, mixing and losses between images then see ${batchSize / pieces} at a time), or make batchSize smaller.`;
  const refusal = new UserError(
    `A step of ${images} images at a time needs ${gigabytes(least(images))} to ${gigabytes(most(images))} of memory, and ${gigabytes(free)} are free. ${advice}`,
  );
  if (least(images) <= free) return refusal.message;
  throw refusal;
}

/** What the forward and backward pass of blank images holds at its peak, beyond what there was. */
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
    // Blocks that may be left out keep more than those that are one op.
    const { gradients, logits } = differentiate(objective, {
      images,
      labels,
      indices,
      ...(rate && { dropPath: { rate, random: new Random(0) } }),
    });
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
