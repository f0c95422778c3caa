import { sameNormalisation, type Normalisation } from '../../data/datasets/normalisation';
import { familyRecipe, type Fit } from '../../experiments/ownPair';
import type { MethodSpec } from '../../methods/methods';
import { parseRecipe } from '../../training/recipe/completeRecipe';
import type { OwnParts } from '../../training/recipe/ownParts';
import type { Recipe, RecipeInput } from '../../training/recipe/recipe';
import { teacherOf, type OneTeacher, type TeacherSpec } from '../../training/recipe/teacherSpec';
import type { OwnImages } from '../inputs/ownImages';
import type { NetworkSetup } from './networkSetup';
import type { Pair } from './ownPair';

export interface PairRecipes {
  /** The training of one of the teachers, by its index. */
  teacher(index: number): Recipe;
  scratch(): Recipe;
  /** `weights` are the files of all teachers. */
  distilled(weights: readonly string[]): Recipe;
}

/** The recipes of the runs. The two of the student differ in method and teacher only. */
export function recipesOf(
  pair: Pair,
  images: OwnImages,
  setup: NetworkSetup & Pick<OwnParts, 'networks'>,
): PairRecipes {
  const { networks } = setup;
  const { count } = images.train;
  const seed = pair.seed ?? 0;
  // A key with the value undefined would differ from the same recipe read back from JSON.
  const precision = pair.precision && { precision: pair.precision };
  const dataWith = ({ mean, std }: Normalisation): RecipeInput['data'] => ({
    ...pair.data,
    contents: images.contents,
    ...(!sameNormalisation({ mean, std }, images.train) && { normalisation: { mean, std } }),
  });
  const studentRecipe: RecipeInput<MethodSpec> = {
    data: dataWith(setup.normalisation),
    ...precision,
    seed,
    student: pair.student,
    ...familyRecipe(setup.studentFamily, studentFit(pair, count)),
  };
  const parse = (recipe: RecipeInput<MethodSpec>): Recipe => parseRecipe(recipe, { networks });
  return {
    teacher: (index) => {
      const { model, imageSize = pair.imageSize } = pair.teachers[index]!;
      const { family, initial, normalisation = setup.normalisation } = setup.teachers[index]!;
      return parse({
        data: dataWith(normalisation),
        ...precision,
        // Teachers of the same architecture would otherwise be equal.
        seed: seed + index,
        student: model,
        ...familyRecipe(family, { ...commonFit(pair, count), imageSize }),
        ...(initial !== undefined && { initial }),
      });
    },
    scratch: () => parse({ ...studentRecipe, method: { kind: 'scratch' } }),
    distilled: (weights) =>
      parse({ ...studentRecipe, method: pair.method, teacher: teacherSpecOf(pair, weights, setup) }),
  };
}

/** The teacher of the distillation. Its fields are left out where a teacher's images are those of the student. */
export function teacherSpecOf(
  { teachers, imageSize }: Pair,
  weights: readonly string[],
  { teachers: setups, normalisation: common }: Pick<NetworkSetup, 'teachers' | 'normalisation'>,
): TeacherSpec {
  const specs = teachers.map(({ model, imageSize: ownSize = imageSize }, i): OneTeacher => {
    const { interpolation, normalisation = common } = setups[i]!;
    const { mean, std } = normalisation;
    return {
      model,
      weights: weights[i]!,
      ...(ownSize !== imageSize && { imageSize: ownSize, ...(interpolation && { interpolation }) }),
      ...(!sameNormalisation(normalisation, common) && { normalisation: { mean, std } }),
    };
  });
  return teacherOf(specs);
}

/** What adapts a published recipe to the pair, for both teachers and student. */
function commonFit({ imageSize, epochs, batchSize }: Pair, images: number): Fit {
  return { imageSize, images, epochs, batchSize };
}

export function studentFit(pair: Pair, images: number): Fit {
  return { ...commonFit(pair, images), learningRate: pair.learningRate };
}
