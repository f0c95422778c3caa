import { familyRecipe, type Fit } from '../../experiments/ownPair';
import type { MethodSpec } from '../../methods/methods';
import { parseRecipe } from '../../training/recipe/completeRecipe';
import type { OwnParts } from '../../training/recipe/ownParts';
import type { Recipe, RecipeInput } from '../../training/recipe/recipe';
import type { TeacherSpec } from '../../training/recipe/teacherSpec';
import type { OwnImages } from '../inputs/ownImages';
import type { NetworkSetup } from './networkSetup';
import type { Pair } from './ownPair';

export interface PairRecipes {
  teacher(): Recipe;
  scratch(): Recipe;
  distilled(teacherWeights: string): Recipe;
}

/** The recipes of the three runs. The two of the student differ in method and teacher only. */
export function recipesOf(
  pair: Pair,
  images: OwnImages,
  setup: NetworkSetup & Pick<OwnParts, 'networks'>,
): PairRecipes {
  const { normalisation, initial, networks } = setup;
  const { count } = images.train;
  const { teacherImageSize = pair.imageSize } = pair;
  const common = {
    data: { ...pair.data, contents: images.contents, ...(normalisation && { normalisation }) },
    // A key with the value undefined would differ from the same recipe read back from JSON.
    ...(pair.precision && { precision: pair.precision }),
    seed: pair.seed ?? 0,
  };
  const studentRecipe: RecipeInput<MethodSpec> = {
    ...common,
    student: pair.student,
    ...familyRecipe(setup.studentFamily, studentFit(pair, count)),
  };
  const parse = (recipe: RecipeInput<MethodSpec>): Recipe => parseRecipe(recipe, { networks });
  return {
    teacher: () =>
      parse({
        ...common,
        student: pair.teacher,
        ...familyRecipe(setup.teacherFamily, { ...commonFit(pair, count), imageSize: teacherImageSize }),
        ...(initial !== undefined && { initial }),
      }),
    scratch: () => parse({ ...studentRecipe, method: { kind: 'scratch' } }),
    distilled: (weights) =>
      parse({ ...studentRecipe, method: pair.method, teacher: teacherSpecOf(pair, weights, setup) }),
  };
}

/** The teacher of the distillation. Its fields are left out where the teacher's images are those of the student. */
export function teacherSpecOf(
  { teacher, imageSize, teacherImageSize = imageSize }: Pair,
  weights: string,
  { interpolation }: Pick<NetworkSetup, 'interpolation'>,
): TeacherSpec {
  const sizes = { imageSize: teacherImageSize, ...(interpolation && { interpolation }) };
  return { model: teacher, weights, ...(teacherImageSize !== imageSize && sizes) };
}

/** What adapts a published recipe to the pair, for both teacher and student. */
function commonFit({ imageSize, epochs, batchSize }: Pair, images: number): Fit {
  return { imageSize, images, epochs, batchSize };
}

export function studentFit(pair: Pair, images: number): Fit {
  return { ...commonFit(pair, images), learningRate: pair.learningRate };
}
