import { existsSync } from 'node:fs';
import type { DatasetInfo } from '../../data/datasets/dataset';
import { sameNormalisation, type Normalisation } from '../../data/datasets/normalisation';
import { UserError } from '../../errors';
import type { Model } from '../../models/model';
import { disposeModule, setPrecision } from '../../models/parameter';
import { loadWeightsFile, savedTop1 } from '../../models/weights/weights';
import { createModel } from '../../models/zoo';
import { Random } from '../../tensor/random';
import { invalidRecipe } from '../../training/recipe/completeRecipe';
import type { OwnParts } from '../../training/recipe/ownParts';
import type { Recipe } from '../../training/recipe/recipe';
import { runErrors } from '../../training/setup/student';
import type { Data } from './data';

/** A frozen network, and its top-1 accuracy in per cent on the test images if its weights file records it. */
export interface Teacher {
  readonly model: Model;
  readonly top1?: number;
}

/**
 * Loads the teacher of a recipe; undefined if the recipe has none. The caller disposes it. If it cannot be loaded,
 * throws one UserError that also lists every other reason for which the run cannot start.
 */
export function loadRecipeTeacher(
  recipe: Recipe,
  images: Pick<Data, 'train' | 'test'>,
  own: OwnParts = {},
): Teacher | undefined {
  if (!recipe.teacher) return undefined;
  const { imageSize, precision } = recipe;
  try {
    return loadTeacher(recipe.teacher, images.train, { imageSize, precision, networks: own.networks });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw invalidRecipe(runErrors(recipe, { ...images, ...own, teacher: error }));
  }
}

interface TeacherOptions extends Pick<OwnParts, 'networks'> {
  readonly imageSize?: Recipe['imageSize'];
  readonly precision?: Recipe['precision'];
}

/**
 * Creates a network for the classes of `images` and loads its weights (`fresh`: random ones). It computes in the
 * given precision. The caller disposes it. Throws a UserError if the weights file is missing or expects images of
 * another normalisation.
 */
export function loadTeacher(
  { model: name, weights }: NonNullable<Recipe['teacher']>,
  images: DatasetInfo,
  { imageSize = images.size.height, precision, networks }: TeacherOptions = {},
): Teacher {
  const size = { classes: images.classes.length, imageSize };
  const model = createModel(name, { ...size, networks }, new Random(0).fork('teacher'));
  setPrecision(model, precision ?? 'float32');
  if (weights === 'fresh') return { model };
  try {
    if (!existsSync(weights)) {
      throw new UserError(
        `The teacher's weights file ${weights} does not exist. ` +
          `Train the teacher first: npm run experiment -- run teachers --rows ${name}`,
      );
    }
    const { metadata, normalisation = images } = loadWeightsFile(model, weights);
    if (!sameNormalisation(normalisation, images)) throw normalisationError(weights, normalisation, images);
    return { model, ...savedTop1(metadata) };
  } catch (error) {
    disposeModule(model);
    throw error;
  }
}

function normalisationError(weights: string, expected: Normalisation, images: DatasetInfo): UserError {
  const text = ({ mean, std }: Normalisation): string => `mean ${mean.join(', ')} and std ${std.join(', ')}`;
  return new UserError(
    `${weights} expects images normalised by ${text(expected)}, but ${images.name} is normalised by ${text(images)}. ` +
      'Use weights that were trained on the same images. For images of your own, set this normalisation in the data ' +
      'of the recipe.',
  );
}
