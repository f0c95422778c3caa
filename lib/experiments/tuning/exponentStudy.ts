import type { Family } from '../../models/model';
import type { RecipeInput } from '../../training/recipe/recipe';
import { student } from '../laptop';

/** What a search over ε keeps fixed. */
export interface ExponentStudy {
  readonly teacher: Family;
  readonly student: Family;
  readonly form: 'released' | 'paper';
  /** Training images of an epoch. */
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** Number of training images that a search is evaluated on, so that it never sees the test set. */
export const heldOut = 5000;

/** The recipe of the laptop profile for one ε and one seed, evaluated on held-out training images after every epoch. */
export function exponentRecipe(
  { teacher, student: studentFamily, form, images, epochs, batchSize }: ExponentStudy,
  exponent: number,
  seed: number,
): RecipeInput {
  return {
    ...student(studentFamily, teacher, { kind: 'ofa', exponent, form }),
    seed,
    epochs,
    batchSize,
    evaluateEvery: 1,
    data: { name: 'cifar-100', trainImages: images, heldOut },
  };
}
