import path from 'node:path';
import type { InMemoryDataset } from '../../data/datasets/dataset';
import { holdOut } from '../../data/datasets/holdOut';
import { loadDatasets } from '../../data/datasets/loadDatasets';
import { selectClasses } from '../../data/datasets/subset';
import { syntheticImages } from '../../data/datasets/synthetic';
import { writeImageFolder } from '../../data/datasets/writeImageFolder';
import type { MethodSpec } from '../../methods/methods';
import { disposeModule } from '../../models/parameter';
import { loadWeightsFile } from '../../models/weights/weights';
import { createModel } from '../../models/zoo';
import type { Profile } from '../../profile';
import { Random } from '../../tensor/random';
import { predictions } from '../../training/evaluation/evaluate';
import type { Pair } from '../execution/ownPair';
import { openOwnImages } from '../inputs/ownImages';
import type { Warn } from './studyInputs';

/** The parameters of a notebook that distils a pair of networks on a folder of images. */
export interface OwnPairSettings {
  readonly profile: Profile;
  /** Folder with one folder of images per class. If empty, example images are written to a folder and used. */
  readonly data: string;
  /** Folder with the validation images. If empty, a tenth of the images is held out. */
  readonly validation: string;
  readonly student: string;
  readonly teacher: string;
  /** If empty, the teacher is trained first. */
  readonly teacherWeights: string;
  readonly method: string;
  /** Options of the method. */
  readonly options: object;
  readonly imageSize: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Number of validation images of the example folder. */
  readonly heldOut: number;
}

/** A pair with its images, ready to be distilled. */
export interface OwnPairStudy {
  readonly pair: Pair;
  /** Folder of the training images. */
  readonly folder: string;
  readonly classes: readonly string[];
  /** Number of training images. */
  readonly count: number;
  /** The same run as a command line. */
  readonly command: string;
  /** Classifies the validation images with the weights of a file: counts by class (rows) and prediction (columns). */
  confusion(file: string): Promise<number[][]>;
}

/** Prepares the pair and its images. Writes the example folder if the settings name no folder. */
export async function ownPairStudy(settings: OwnPairSettings, warn: Warn): Promise<OwnPairStudy> {
  const data = await dataOf(settings, warn);
  const method = Object.assign({ kind: settings.method }, settings.options);
  const pair = pairOf(settings, data, method);
  const { train } = await openOwnImages(data, settings.imageSize);
  return {
    pair,
    folder: data.path,
    classes: train.classes,
    count: train.count,
    command: commandOf(settings, data),
    confusion: (file) => confusion(file, pair, train.classes.length),
  };
}

async function dataOf({ profile, data, validation, heldOut }: OwnPairSettings, warn: Warn): Promise<Pair['data']> {
  if (data !== '') return { name: 'folder', path: data, ...(validation !== '' && { validation }) };
  return writeExampleFolder(profile, heldOut, warn);
}

/** Writes the test images of five CIFAR-100 classes, or synthetic images, as a training and a validation folder. */
async function writeExampleFolder(profile: Profile, heldOut: number, warn: Warn): Promise<Pair['data']> {
  const { test, notice } = await loadDatasets(profile, { syntheticFallback: true });
  warn(notice);
  const images = notice === undefined && profile !== 'smoke' ? exampleClasses(test) : syntheticExample(heldOut);
  const parts = holdOut(images, heldOut, new Random(0));
  const folder = path.join('runs', 'example-images', notice === undefined ? profile : 'synthetic');
  const [train, validation] = ['train', 'validation'].map((name) => path.join(folder, name));
  await writeImageFolder(parts.rest, train!);
  await writeImageFolder(parts.heldOut, validation!);
  return { name: 'folder', path: train!, validation: validation! };
}

function exampleClasses(test: InMemoryDataset): InMemoryDataset {
  return selectClasses(test, ['bee', 'castle', 'orange', 'rocket', 'whale']);
}

function syntheticExample(heldOut: number): InMemoryDataset {
  return syntheticImages(new Random(0), { count: 3 * heldOut, classes: 5, size: { height: 32, width: 32 } });
}

function pairOf(settings: OwnPairSettings, data: Pair['data'], method: MethodSpec): Pair {
  const { student, teacher, teacherWeights, imageSize, epochs, batchSize, learningRate } = settings;
  return {
    student,
    teachers: [{ model: teacher, ...(teacherWeights !== '' && { weights: teacherWeights }) }],
    data,
    method,
    imageSize,
    epochs,
    batchSize,
    learningRate,
  };
}

function commandOf(settings: OwnPairSettings, data: Pair['data']): string {
  const { student, teacher, teacherWeights, method, options, imageSize, epochs, batchSize, learningRate } = settings;
  const teacherText = teacherWeights === '' ? teacher : `${teacher}:${teacherWeights}`;
  return [
    `npm run distil -- --student ${student} --teacher ${teacherText} --method ${method}`,
    ...(Object.keys(options).length > 0 ? [`--options '${JSON.stringify(options)}'`] : []),
    `--data ${data.path}`,
    ...(data.validation === undefined ? [] : [`--validation ${data.validation}`]),
    `--image-size ${imageSize} --epochs ${epochs} --batch-size ${batchSize} --learning-rate ${learningRate}`,
  ].join(' ');
}

async function confusion(file: string, { student, data, imageSize }: Pair, classes: number): Promise<number[][]> {
  const model = createModel(student, { classes, imageSize }, new Random(0));
  try {
    const { normalisation } = loadWeightsFile(model, file);
    const { test } = await openOwnImages({ ...data, ...(normalisation && { normalisation }) }, imageSize);
    const predicted = await predictions(model, test);
    const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    predicted.forEach((prediction, i) => counts[test.labels[i]!]![prediction]++);
    return counts;
  } finally {
    disposeModule(model);
  }
}
