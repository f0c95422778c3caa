import type { Family } from '../models/model';
import type { RecipeInput } from '../training/recipe/recipe';
import { student } from './laptop';

/** The fixed settings of a study of ε. */
export interface ExponentStudy {
  readonly teacher: Family;
  readonly student: Family;
  readonly form: 'released' | 'paper';
  /** Training images per epoch. */
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** Training images that a search evaluates on, so that the test set is not used. */
export const heldOut = 5000;

/**
 * Returns the recipe for one value of ε and one seed, with the settings of the laptop profile.
 * It is evaluated after every epoch, on held-out training images.
 */
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
