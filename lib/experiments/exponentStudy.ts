import type { Family } from '../models/model';
import type { RecipeInput } from '../training/recipe/recipe';
import { student } from './laptop';

/** What a study of ε holds fixed. */
export interface ExponentStudy {
  readonly teacher: Family;
  readonly student: Family;
  readonly form: 'released' | 'paper';
  /** Training images of an epoch. */
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** Training images that a search measures with, so that the test set stays unseen. */
export const heldOut = 5000;

/** The recipe of one value of ε and one seed in the laptop profile's terms, measured after every epoch on held-out training images. */
export function exponentRecipe(
  { teacher, student: learner, form, images, epochs, batchSize }: ExponentStudy,
  exponent: number,
  seed: number,
): RecipeInput {
  return {
    ...student(learner, teacher, { kind: 'ofa', exponent, form }),
    seed,
    epochs,
    batchSize,
    evaluateEvery: 1,
    data: { name: 'cifar-100', trainImages: images, heldOut },
  };
}
