import { availableTeacher } from '../../experiments/teachers/availableTeacher';
import { student } from '../../experiments/laptop';
import type { Profile } from '../../profile';
import type { RecipeInput } from '../../training/recipe/recipe';

/** The parameters of a short run as a notebook reads them. */
export interface LiveRunSettings {
  readonly profile: Profile;
  /** Training images per epoch. */
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/**
 * The recipe of a short OFA run in which the CNN teaches the small vision transformer, and a warning if the teacher has
 * no trained weights. It is the recipe of the experiment `story` with fewer images and epochs.
 */
export function planLiveRun({ profile, images, epochs, batchSize }: LiveRunSettings): {
  readonly recipe: Omit<RecipeInput, 'teacher'> & {
    readonly teacher: { readonly model: string; readonly weights: string };
  };
  readonly warning: string | undefined;
} {
  const { teacher, notice } = availableTeacher('cnn', profile);
  const data = { name: profile === 'smoke' ? 'synthetic' : 'cifar-100', trainImages: images } as const;
  const recipe = {
    ...student('transformer', 'cnn', { kind: 'ofa', exponent: 1.2 }),
    teacher,
    data,
    epochs,
    batchSize,
    evaluateEvery: 1,
    seed: 0,
  };
  return { recipe, warning: notice };
}
