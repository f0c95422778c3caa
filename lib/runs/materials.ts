import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadCifar100, type Cifar100Options } from '../data/cifar100';
import type { Images } from '../data/imageFiles';
import { holdOut, type ImageSet, type LabelledImages } from '../data/imageSet';
import { syntheticImages } from '../data/synthetic';
import { UserError } from '../errors';
import { UnreachableError } from '../io/http';
import type { Model } from '../models/model';
import { loadWeightsFile } from '../models/weights';
import { createModel } from '../models/zoo';
import { Random } from '../tensor/random';
import type { Recipe } from '../training/recipe';
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

/** The images of a recipe; those of one's own are cut to its image size. A part of the training set is the same part for every seed and method. */
export async function loadData(data: Recipe['data'], imageSize = 224, { standIn = false, ...options }: DataOptions = {}): Promise<Data> {
  const { name, trainImages } = data;
  switch (name) {
    case 'synthetic': return madeUp(trainImages);
    case 'cifar-100': {
      try {
        const { train, test } = await loadCifar100(options);
        if (trainImages === undefined || trainImages === train.count) return { train, test };
        return { train: holdOut(train, trainImages, new Random(0).fork('part')).heldOut, test };
      } catch (error) {
        if (!(standIn && error instanceof UnreachableError)) throw error;
        const { notice, ...images } = madeUp(trainImages);
        return { ...images, notice: `${notice} CIFAR-100 could not be had: ${error.message}` };
      }
    }
    case 'folder':
    case 'shards': return openOwnImages(data, imageSize);
  }
}

function madeUp(trainImages = 500): Required<Data> {
  const made = (count: number, label: string): ImageSet => syntheticImages(new Random(0).fork(label), { count, classes: 100, size: { height: 32, width: 32 } });
  return { train: made(trainImages, 'train'), test: made(100, 'test'), notice: 'These images are made up, not CIFAR-100: the numbers say only that everything runs.' };
}

/** What a record calls the images: CIFAR-100, or the folder's name. */
export function datasetName(data: Recipe['data']): string {
  return data.name === 'folder' || data.name === 'shards' ? path.basename(path.resolve(data.path)) : data.name;
}

/** A frozen network and, where its weights say so, its accuracy on the test images. The caller frees it. */
export function loadTeacher({ model: name, weights }: NonNullable<Recipe['teacher']>, set: LabelledImages, imageSize = set.size.height): { readonly model: Model; readonly top1?: number } {
  const model = createModel(name, { classes: set.classes.length, imageSize }, new Random(0).fork('teacher'));
  if (weights === 'fresh') return { model };
  if (!existsSync(weights)) throw new UserError(`The teacher's weights are not at ${weights}. Train it first: npm run experiment -- run teachers --rows ${name}`);
  const top1 = Number(loadWeightsFile(model, weights).metadata.get('top1') ?? NaN);
  return Number.isFinite(top1) ? { model, top1 } : { model };
}
