import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Cifar100Options, TrainAndTest } from '../../data/cifar/cifar100';
import type { Images } from '../../data/images/imageFiles';
import { holdOut, type LabelledImages } from '../../data/images/imageSet';
import { loadImages } from '../../data/images/loadImages';
import { sameNormalisation } from '../../data/images/normalisation';
import { UserError } from '../../errors';
import type { Method } from '../../methods/method';
import type { Model } from '../../models/model';
import { disposeModule, setPrecision } from '../../models/parameter';
import { loadWeightsFile, savedTop1 } from '../../models/weights/weights';
import { createModel } from '../../models/zoo';
import { Random } from '../../tensor/random';
import { recipeError } from '../../training/recipe/checkRecipe';
import type { Recipe } from '../../training/recipe/recipe';
import { runFaults } from '../../training/student';
import { openOwnImages } from './ownImages';

export interface Data {
  readonly train: Images;
  readonly test: Images;
  /** Said to the user where the images are not real ones. */
  readonly notice?: string;
}

export interface DataOptions extends Cifar100Options {
  /** Whether made-up images may stand in for CIFAR-100 where there is neither an archive nor a network: never in a run that is recorded. */
  readonly standIn?: boolean;
}

/** How many images a recipe trains on, and how many of the training set it keeps for measuring. */
interface Share {
  readonly trainImages?: number;
  readonly heldOut?: number;
}

/** The images of a recipe; those of one's own are cut to its image size. A part of the training set is the same part for every seed and method. */
export async function loadData(
  data: Recipe['data'],
  imageSize = 224,
  { standIn = false, ...options }: DataOptions = {},
): Promise<Data> {
  switch (data.name) {
    case 'synthetic':
    case 'cifar-100': {
      const madeUp = { train: (data.trainImages ?? 500) + (data.heldOut ?? 0), test: 100 };
      const { notice, ...images } = await loadImages(data.name === 'synthetic' ? 'smoke' : 'laptop', {
        ...options,
        standIn,
        madeUp,
      });
      return { ...chosen(images, data), ...(notice !== undefined && { notice }) };
    }
    case 'folder':
    case 'shards':
      return openOwnImages(data, imageSize);
  }
}

/** The images to train on and to measure with: held out of the training set where the recipe says so. The held-out ones are the same for every number trained on. */
function chosen({ train, test }: TrainAndTest, { trainImages, heldOut }: Share): TrainAndTest {
  const parts =
    heldOut === undefined ? { rest: train, heldOut: test } : holdOut(train, heldOut, new Random(0).fork('held out'));
  const measured = heldOut === undefined ? test : { ...parts.heldOut, name: `${train.name}, held out` };
  if (trainImages === undefined || trainImages === parts.rest.count) return { train: parts.rest, test: measured };
  return { train: holdOut(parts.rest, trainImages, new Random(0).fork('part')).heldOut, test: measured };
}

/** What a record calls the images: CIFAR-100, or the folder's name. */
export function datasetName(data: Recipe['data']): string {
  return data.name === 'folder' || data.name === 'shards' ? path.basename(path.resolve(data.path)) : data.name;
}

/** A frozen network and, where its weights say so, its accuracy on the test images. */
export interface Teacher {
  readonly model: Model;
  readonly top1?: number;
}

/**
 * The teacher of a recipe, if it names one; the caller frees it. Throws one UserError where it cannot be had, with all else for which the
 * run cannot be.
 */
export function teacherFor(recipe: Recipe, images: Pick<Data, 'train' | 'test'>, method?: Method): Teacher | undefined {
  if (!recipe.teacher) return undefined;
  try {
    return loadTeacher(recipe.teacher, images.train, recipe);
  } catch (error) {
    throw error instanceof UserError
      ? recipeError(runFaults(recipe, { ...images, teacher: error, ...(method && { method }) }))
      : error;
  }
}

/** A frozen network, which computes as the recipe has it, and, where its weights say so, its accuracy on the test images. The caller frees it. */
export function loadTeacher(
  { model: name, weights }: NonNullable<Recipe['teacher']>,
  set: LabelledImages,
  { imageSize = set.size.height, precision }: Pick<Recipe, 'imageSize' | 'precision'> = {},
): Teacher {
  const model = createModel(name, { classes: set.classes.length, imageSize }, new Random(0).fork('teacher'));
  setPrecision(model, precision ?? 'float32');
  if (weights === 'fresh') return { model };
  try {
    if (!existsSync(weights))
      throw new UserError(
        `The teacher's weights are not at ${weights}. Train it first: npm run experiment -- run teachers --rows ${name}`,
      );
    const { metadata, normalisation = set } = loadWeightsFile(model, weights);
    if (!sameNormalisation(normalisation, set)) {
      throw new UserError(
        `The weights of ${weights} want their images normalised by mean ${normalisation.mean.join(', ')} and deviation ${normalisation.std.join(', ')}, and those of ${set.name} are by ${set.mean.join(', ')} and ${set.std.join(', ')}. Take weights that were trained on the same images, or, for images of your own, name this normalisation in the recipe's data.`,
      );
    }
    return { model, ...savedTop1(metadata) };
  } catch (error) {
    disposeModule(model);
    throw error;
  }
}
