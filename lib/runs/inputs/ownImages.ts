import { realpath } from 'node:fs/promises';
import { subset } from '../../data/datasets/subset';
import type { FileDataset } from '../../data/datasets/dataset';
import { contentHash, openImageFolder } from '../../data/datasets/imageFolder';
import { holdOutIndices } from '../../data/datasets/holdOut';
import { openTarShards } from '../../data/datasets/tarShards';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import { Random } from '../../tensor/random';
import type { OwnData } from '../../training/recipe/recipe';

/** Images of the user for training and validation. */
export interface OwnImages {
  readonly train: FileDataset;
  readonly test: FileDataset;
  /** Hash of the names and classes of all images. */
  readonly contents: string;
  /** Sentences about the folders that the user should read. */
  readonly notices: readonly string[];
}

/**
 * Opens the images of a folder or of tar shards as a recipe describes them, resized to `imageSize` pixels. Throws a
 * UserError if a folder cannot be read, if a class has no image for training or for validation, or if the images are
 * no longer those of the recipe.
 */
export async function openOwnImages(data: OwnData, imageSize: number): Promise<OwnImages> {
  const { train: all, test } = await trainAndTest(data, imageSize);
  const contents = contentHash(all).slice(0, 6) + contentHash(test).slice(0, 6);
  if (data.contents !== undefined && data.contents !== contents) {
    throw new UserError(
      `The images in ${data.path} are not those of the recipe: images were added, removed or renamed. Start a new run.`,
    );
  }
  const train = data.trainImages === undefined ? all : selectImages(all, data.trainImages);
  return { train, test, contents, notices: [...new Set([...train.notices, ...test.notices])] };
}

/** A number of images, drawn evenly from the classes. */
function selectImages(all: FileDataset, count: number): FileDataset {
  return subset(all, holdOutIndices(all, count, new Random(0).fork('part')).heldOut);
}

type TrainAndTest = Pick<OwnImages, 'train' | 'test'>;

async function trainAndTest(data: OwnData, imageSize: number): Promise<TrainAndTest> {
  const { name, path, validation, normalisation, split } = data;
  const open = name === 'folder' ? openImageFolder : openTarShards;
  const all = await open(path, { imageSize, normalisation });
  if (validation === undefined) return splitImages(all, path, split?.share, split?.seed);
  if ((await realPath(path)) === (await realPath(validation))) {
    throw new UserError(
      `${path} is the folder of both training and validation images, so that the accuracy would be that of images ` +
        'seen in training. Choose another validation folder, or leave it out to hold out a share of the images.',
    );
  }
  const test = await open(validation, { imageSize, classes: all.classes, normalisation });
  return { train: all, test };
}

async function realPath(folder: string): Promise<string> {
  return realpath(folder).catch((error) => {
    throw fileError(error, 'read', folder);
  });
}

/** Holds out a share of every class for validation. */
function splitImages(all: FileDataset, path: string, share = 0.1, seed = 0): TrainAndTest {
  const { rest, heldOut } = holdOutIndices(all, Math.round(all.count * share), new Random(seed).fork('validation'));
  const train = subset(all, rest);
  const test = subset(all, heldOut);
  const errors = all.classes.flatMap((className, label) => [
    ...(train.labels.includes(label) ? [] : [`  class ${className} has no image left for training`]),
    ...(test.labels.includes(label) ? [] : [`  class ${className} has no image for validation`]),
  ]);
  if (errors.length === 0) return { train, test };
  throw new UserError(
    [
      `${path} cannot be split with ${100 * share} % of ${all.count} images held out:`,
      ...errors.slice(0, 10),
      'Choose another share, add images, or give a validation folder.',
    ].join('\n'),
  );
}
