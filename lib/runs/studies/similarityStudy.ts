import { existsSync } from 'node:fs';
import type { InMemoryDataset } from '../../data/datasets/dataset';
import { imageBatches } from '../../data/loading/batches';
import type { Model } from '../../models/model';
import { trainedModel, type MaybeTrained } from '../../models/weights/trained';
import { comparePairs, type Comparison } from '../../similarity/compareModels';
import { Random } from '../../tensor/random';

/** A network with its comparisons to the teacher and to a reference network. */
export interface ComparedModel {
  readonly model: Model;
  /** CKA with the teacher; this network in rows. */
  readonly teacher: Comparison;
  /** CKA with the reference; this network in rows. */
  readonly reference: Comparison;
}

export interface BatchesOptions {
  readonly batches: number;
  readonly batchSize: number;
  /** Seed of the choice of images. Default: 0. */
  readonly seed?: number;
  /** Called after each batch with the number of batches so far. */
  readonly onBatch?: (done: number) => void;
}

/** Minibatch CKA of several networks with a teacher and with a reference, on the same images in one pass. */
export async function compareWithTeacher(
  models: readonly Model[],
  teacher: Model,
  reference: Model,
  images: InMemoryDataset,
  { batches, batchSize, seed = 0, onBatch }: BatchesOptions,
): Promise<ComparedModel[]> {
  const pairs = models.flatMap((rowModel) => [teacher, reference].map((columnModel) => ({ rowModel, columnModel })));
  const sample = imageBatches(images, { batchSize, random: new Random(seed) }, batches);
  const results = await comparePairs(pairs, sample, onBatch ? { onBatch } : {});
  return models.map((model, i) => ({ model, teacher: results[2 * i]!, reference: results[2 * i + 1]! }));
}

/** The recorded students of a network, its teacher, and the same student with random weights. */
export interface StudentModels {
  readonly teacher: MaybeTrained;
  readonly random: MaybeTrained;
  readonly recorded: readonly MaybeTrained[];
  /** Weight files that do not exist. */
  readonly missing: readonly string[];
}

/** Loads a teacher, and a student with each of several weight files and with random weights. */
export async function loadStudents(
  teacher: string,
  student: string,
  files: readonly string[],
  classes: number,
): Promise<StudentModels> {
  const options = { classes, imageSize: 32 };
  const random = new Random(0);
  const found = files.filter((file) => existsSync(file));
  return {
    teacher: await trainedModel(teacher, options, random.fork('teacher')),
    random: await trainedModel(student, options, random.fork('student'), 'fresh'),
    recorded: await Promise.all(found.map((file) => trainedModel(student, options, random, file))),
    missing: files.filter((file) => !existsSync(file)),
  };
}
