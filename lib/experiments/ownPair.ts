import type { Family } from '../models/model';
import type { RecipeInput } from '../training/recipe/recipe';
import { cifar100Cnn, cifar100Tokens } from './paperRecipes';

/** What is settled before the recipe of a family is fitted to one's own images. */
export interface Fit {
  readonly imageSize: number;
  /** Training images. */
  readonly images: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  /** At its peak. */
  readonly learningRate?: number;
}

/**
 * The paper's recipe for students of a family on CIFAR-100, fitted to other images: on one device, so the published rate, which is
 * for a batch of 1024, shrinks with the batch, for SGD in proportion (Goyal et al. 2017), for AdamW as its square root (Malladi et
 * al. 2022); the warm-up keeps its share of the epochs. The batch is 128, or a power of two that gives at least eight steps an epoch.
 */
export function familyRecipe(
  family: Family,
  { imageSize, images, epochs, batchSize = fitting(images), learningRate }: Fit,
): Omit<RecipeInput, 'student' | 'data'> {
  const { accumulation: _, ...published } = (family === 'cnn' ? cifar100Cnn : cifar100Tokens).recipe;
  const smaller = batchSize / published.batchSize;
  const rate =
    learningRate === undefined
      ? published.optimizer.name === 'sgd'
        ? smaller
        : Math.sqrt(smaller)
      : learningRate / published.learningRate;
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

function fitting(images: number): number {
  return Math.min(128, 2 ** Math.max(0, Math.floor(Math.log2(images / 8))));
}
