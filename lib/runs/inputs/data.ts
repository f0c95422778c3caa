import path from 'node:path';
import type { Cifar100Options, TrainAndTest } from '../../data/datasets/cifar100/cifar100';
import type { Dataset } from '../../data/datasets/dataset';
import { holdOut } from '../../data/datasets/holdOut';
import { loadDatasets } from '../../data/datasets/loadDatasets';
import { Random } from '../../tensor/random';
import type { Recipe } from '../../training/recipe/recipe';
import { describeOwnImages } from './describeOwnImages';
import { openOwnImages, type OwnImages } from './ownImages';

/** The images of a recipe. */
export interface Data {
  readonly train: Dataset;
  readonly test: Dataset;
  /** A warning for the user: synthetic images took the place of CIFAR-100, or image files were left out. */
  readonly notice?: string;
}

export interface DataOptions extends Cifar100Options {
  /**
   * Whether synthetic images may replace CIFAR-100 if there is neither an archive nor a network. Default: false.
   * Never set it for a run that is recorded.
   */
  readonly syntheticFallback?: boolean;
}

/** Default input size of images from a folder or from shards, in pixels. */
const ownImageSize = 224;

/**
 * Loads the images of a recipe. Images from a folder or from shards are resized to `imageSize` pixels. A selection of
 * training images is drawn evenly from the classes, and is the same for every seed and method.
 */
export async function loadData(
  data: Recipe['data'],
  imageSize = ownImageSize,
  { syntheticFallback = false, ...options }: DataOptions = {},
): Promise<Data> {
  switch (data.name) {
    case 'synthetic':
    case 'cifar-100': {
      const profile = data.name === 'synthetic' ? 'smoke' : 'laptop';
      const syntheticCounts = { train: (data.trainImages ?? 500) + (data.heldOut ?? 0), test: 100 };
      const { notice, ...images } = await loadDatasets(profile, { ...options, syntheticFallback, syntheticCounts });
      return { ...selectImages(images, data), ...(notice !== undefined && { notice }) };
    }
    case 'folder':
    case 'shards':
      return withNotice(await openOwnImages(data, imageSize));
  }
}

async function withNotice(images: OwnImages): Promise<Data> {
  return { ...images, notice: [await describeOwnImages(images), ...images.notices].join('\n') };
}

/** The name of the data set in a record: that of the recipe, or that of the folder of images. */
export function datasetName(data: Recipe['data']): string {
  return data.name === 'folder' || data.name === 'shards' ? path.basename(path.resolve(data.path)) : data.name;
}

/** The number of images to train on, and the number of training images that replace the test set. */
interface ImageCounts {
  readonly trainImages?: number;
  readonly heldOut?: number;
}

/** Takes the held-out images first, so that they do not depend on the number of images to train on. */
function selectImages({ train, test }: TrainAndTest, { trainImages, heldOut }: ImageCounts): TrainAndTest {
  if (heldOut === undefined) return { train: selectTrainImages(train, trainImages), test };
  const parts = holdOut(train, heldOut, new Random(0).fork('held out'));
  return {
    train: selectTrainImages(parts.rest, trainImages),
    test: { ...parts.heldOut, name: `${train.name}, held out` },
  };
}

function selectTrainImages(images: TrainAndTest['train'], count = images.count): TrainAndTest['train'] {
  return count === images.count ? images : holdOut(images, count, new Random(0).fork('part')).heldOut;
}
