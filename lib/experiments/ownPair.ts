import type { Family } from '../models/model';
import type { RecipeInput } from '../training/recipe/recipe';
import { cifar100Cnn, cifar100Tokens } from './paper/paperRecipes';

/** What adapts the published recipe to images of the user. */
export interface Fit {
  readonly imageSize: number;
  /** Number of training images. */
  readonly images: number;
  /** Default: as published. */
  readonly epochs?: number;
  /** Default: 128, or a smaller power of two, at least 2, that gives eight steps an epoch. */
  readonly batchSize?: number;
  /** Peak learning rate. Default: the published one, scaled to the batch size. */
  readonly learningRate?: number;
}

/**
 * The paper's CIFAR-100 recipe for students of a family, adapted to other images and one device. The published learning
 * rate is for a batch of 1024. It is scaled to the batch size: linearly for SGD (Goyal et al. 2017), by the square root
 * for AdamW (Malladi et al. 2022). The warm-up keeps its share of the epochs.
 */
export function familyRecipe(
  family: Family,
  { imageSize, images, epochs, batchSize = defaultBatchSize(images), learningRate }: Fit,
): Omit<RecipeInput, 'student' | 'data'> {
  const { accumulation: _, ...published } = (family === 'cnn' ? cifar100Cnn : cifar100Tokens).recipe;
  const { schedule } = published;
  const batchRatio = batchSize / published.batchSize;
  const scaled = published.optimizer.name === 'sgd' ? batchRatio : Math.sqrt(batchRatio);
  const rateScale = learningRate === undefined ? scaled : learningRate / published.learningRate;
  const totalEpochs = epochs ?? published.epochs;
  return {
    ...published,
    imageSize,
    batchSize,
    epochs: totalEpochs,
    learningRate: published.learningRate * rateScale,
    schedule: {
      ...schedule,
      warmupFrom: (schedule.warmupFrom ?? 0) * rateScale,
      warmupEpochs: (schedule.warmupEpochs ?? 0) * (totalEpochs / published.epochs),
      per: 'step',
      ...(schedule.kind === 'cosine' && { min: schedule.min * rateScale }),
    },
  };
}

function defaultBatchSize(images: number): number {
  return Math.min(128, 2 ** Math.max(1, Math.floor(Math.log2(images / 8))));
}
