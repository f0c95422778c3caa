import type { Family } from '../models/model';
import type { RecipeInput } from '../training/recipe/recipe';
import { cifar100Cnn, cifar100Tokens } from './paperRecipes';

/** Settings to which the recipe of a family is adapted. */
export interface Fit {
  readonly imageSize: number;
  /** Training images. */
  readonly images: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  /** The peak learning rate. */
  readonly learningRate?: number;
}

/**
 * Adapts the paper's recipe for students of a family on CIFAR-100 to other images, on one device.
 *
 * The published learning rate is for batches of 1024. For smaller batches it is scaled linearly for SGD (Goyal et al.
 * 2017), and with the square root for AdamW (Malladi et al. 2022). The warm-up keeps its share of the epochs.
 * The default batch size is 128, or a smaller power of two with at least eight steps per epoch.
 */
export function familyRecipe(
  family: Family,
  { imageSize, images, epochs, batchSize = defaultBatchSize(images), learningRate }: Fit,
): Omit<RecipeInput, 'student' | 'data'> {
  const { accumulation: _, ...published } = (family === 'cnn' ? cifar100Cnn : cifar100Tokens).recipe;
  const batchRatio = batchSize / published.batchSize;
  const scaled = published.optimizer.name === 'sgd' ? batchRatio : Math.sqrt(batchRatio);
  const rate = learningRate === undefined ? scaled : learningRate / published.learningRate;
  const length = epochs ?? published.epochs;
  const { schedule } = published;
  return {
    ...published,
    imageSize,
    batchSize,
    epochs: length,
    learningRate: published.learningRate * rate,
    schedule: {
      ...schedule,
      warmupFrom: (schedule.warmupFrom ?? 0) * rate,
      warmupEpochs: (schedule.warmupEpochs ?? 0) * (length / published.epochs),
      per: 'step',
      ...(schedule.kind === 'cosine' && { min: schedule.min * rate }),
    },
  };
}

function defaultBatchSize(images: number): number {
  return Math.min(128, 2 ** Math.max(0, Math.floor(Math.log2(images / 8))));
}
