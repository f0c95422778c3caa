import { existsSync } from 'node:fs';
import type { DatasetInfo } from '../../data/datasets/dataset';
import { sameNormalisation, type Normalisation } from '../../data/datasets/normalisation';
import { UserError } from '../../errors';
import { ensemble } from '../../models/ensemble';
import type { Model } from '../../models/model';
import { disposeModule, setPrecision } from '../../models/parameter';
import { renormalised } from '../../models/weights/renormalised';
import { resized } from '../../models/weights/resized';
import { loadWeightsFile, savedTop1 } from '../../models/weights/weights';
import { createModel } from '../../models/zoo';
import { Random } from '../../tensor/random';
import { invalidRecipe } from '../../training/recipe/completeRecipe';
import type { OwnParts } from '../../training/recipe/ownParts';
import { productPrecision, type Recipe } from '../../training/recipe/recipe';
import { teachersOf, type OneTeacher, type TeacherSpec } from '../../training/recipe/teacherSpec';
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
 * given precision. Several teachers become one, with the mean of their probabilities. A teacher with an image size or
 * a normalisation of its own converts the images. The caller disposes it. Throws a UserError if a weights file is
 * missing, or if it expects another normalisation and the teacher has neither.
 */
export function loadTeacher(teacher: TeacherSpec, images: DatasetInfo, options: TeacherOptions = {}): Teacher {
  const loaded: Teacher[] = [];
  try {
    for (const [i, one] of teachersOf(teacher).entries()) {
      const random = new Random(0).fork(i === 0 ? 'teacher' : `teacher ${i}`);
      loaded.push(loadOneTeacher(one, images, options, random));
    }
  } catch (error) {
    for (const { model } of loaded) disposeModule(model);
    throw error;
  }
  const [first, ...others] = loaded;
  return others.length === 0 ? first! : { model: ensemble([first!.model, ...others.map(({ model }) => model)]) };
}

function loadOneTeacher(
  { model: name, weights, imageSize: ownSize, interpolation = 'bicubic', normalisation }: OneTeacher,
  images: DatasetInfo,
  { imageSize = images.size.height, precision, networks }: TeacherOptions,
  random: Random,
): Teacher {
  const size = { classes: images.classes.length, imageSize: ownSize ?? imageSize };
  const model = createModel(name, { ...size, networks }, random);
  setPrecision(model, productPrecision({ precision }));
  const fitted = (one: Model): Model => (size.imageSize === imageSize ? one : resized(one, imageSize, interpolation));
  if (weights === 'fresh') return { model: fitted(model) };
  try {
    if (!existsSync(weights)) {
      throw new UserError(
        `The teacher's weights file ${weights} does not exist. ` +
          `Train the teacher first: npm run experiment -- run teachers --rows ${name}`,
      );
    }
    const { metadata, normalisation: saved = images } = loadWeightsFile(model, weights);
    const expected = normalisation ?? saved;
    const same = sameNormalisation(expected, images);
    const converts = ownSize !== undefined || normalisation !== undefined;
    if (!same && !converts) throw normalisationError(weights, expected, images);
    return { model: fitted(same ? model : renormalised(model, images, expected)), ...savedTop1(metadata) };
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
