import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { sameNormalisation, type Normalisation } from '../../data/images/normalisation';
import { familyRecipe, type Fit } from '../../experiments/ownPair';
import type { DownloadProgress } from '../../io/download/download';
import { fileError } from '../../io/fileError';
import type { HubOptions } from '../../io/download/huggingFace';
import { writeJson } from '../../io/json';
import { distillationOf, findMethod, type MethodSpec } from '../../methods/methods';
import { needsTeacher } from '../../methods/teacherAccess';
import { disposeModule } from '../../models/parameter';
import { loadWeights } from '../../models/weights/pretrained';
import type { Model } from '../../models/model';
import { createModel } from '../../models/zoo';
import type { Gain } from '../../results/gain';
import { Random } from '../../tensor/random';
import { evaluate } from '../../training/evaluate';
import { recipeError } from '../../training/recipe/checkRecipe';
import { parseRecipe, recipeFaults, recipeId, type OwnData, type RecipeInput } from '../../training/recipe/recipe';
import { costOf, methodSizeOf } from './cost';
import { publish } from './finishRun';
import { replacedWeights } from '../runFolder/inputWeights';
import { homeOf, studentOf } from '../runFolder/paths';
import { finishedRecord, type Job } from './job';
import { loadTeacher } from './materials';
import { openOwnImages, type OwnImages } from './ownImages';
import { runJob, type JobOptions } from './runJob';

/** A pair of networks and the images that the one is to learn from the other. */
export interface Pair {
  readonly student: string;
  readonly teacher: string;
  /** A .safetensors file or a repository of the Hugging Face hub; without it the teacher is trained on the images first. */
  readonly teacherWeights?: string;
  readonly data: OwnData;
  readonly method: MethodSpec;
  /** The published 300 unless told; the teacher, where it must be trained, takes as many. */
  readonly epochs?: number;
  readonly batchSize?: number;
  /** The student's at its peak; the published one, fitted to the batch, unless told. */
  readonly learningRate?: number;
  readonly imageSize: number;
  /** What all runs compute their products with: float32 unless told. */
  readonly precision?: 'bfloat16';
  readonly seed?: number;
}

export interface DistilOptions extends Omit<JobOptions, 'folder'> {
  /** Where the student, the records and the runs go. */
  readonly out: string;
  /** The line that does the same again. */
  readonly command: string;
  /** Hears of each run as it begins. */
  readonly onRun?: (job: Job) => void;
  /** Hears how far the teacher's weights have come, where they must be fetched. */
  readonly onDownload?: (progress: DownloadProgress) => void;
}

/**
 * Distils a student from a teacher on images of one's own, and trains the same student without the teacher beside it. Everything is
 * checked before the first step. Stopped by its signal it leaves checkpoints; called again it goes on, and a finished run is not
 * run again. Leaves `student.safetensors` (without branches) and `records.json` in the folder. Throws UserError where anything that
 * was given cannot be used.
 */
export async function distil(
  pair: Pair,
  { out, command, onRun, onDownload, ...options }: DistilOptions,
): Promise<Gain> {
  const opened = await checked(pair, out);
  const runs = { ...options, folder: path.join(out, 'runs') };
  // An `undefined` would not be equal to the recipe that is read back from JSON.
  const precision = pair.precision && { precision: pair.precision };
  const taughtBy = await teacherOf(pair, opened, { signal: options.signal, onProgress: onDownload });
  const { normalisation } = taughtBy;
  const images = { train: { ...opened.train, ...normalisation }, test: { ...opened.test, ...normalisation } };
  const data = { ...pair.data, contents: opened.contents, ...(normalisation && { normalisation }) };
  const shared = {
    student: pair.student,
    data,
    ...precision,
    seed: pair.seed ?? 0,
    ...familyRecipe(taughtBy.studentFamily, studentFit(pair, images.train.count)),
  };
  const jobOf = (row: string, recipe: RecipeInput<MethodSpec>): Job => {
    const complete = parseRecipe(recipe);
    return { id: recipeId(complete), experiment: 'own', row, profile: 'laptop', recipe: complete, command };
  };
  const run = async (job: Job): ReturnType<typeof runJob> => {
    const done = await finishedRecord(job, runs.folder);
    const fault = done && (await replacedWeights(job, homeOf(job, runs.folder), done));
    if (fault) throw fault;
    onRun?.(job);
    return runJob(job, runs);
  };

  let weights = taughtBy.weights;
  if (weights === undefined) {
    const job = jobOf('teacher', {
      student: pair.teacher,
      data,
      ...precision,
      seed: pair.seed ?? 0,
      ...familyRecipe(taughtBy.family, fit(pair, images.train.count)),
      ...(taughtBy.initial !== undefined && { initial: taughtBy.initial }),
    });
    await run(job);
    weights = studentOf(homeOf(job, runs.folder));
  }
  const scratch = await run(jobOf('scratch', { ...shared, method: { kind: 'scratch' } }));
  const job = jobOf('distilled', { ...shared, method: pair.method, teacher: { model: pair.teacher, weights } });
  const distilled = await run(job);
  const gain: Gain = {
    distilled,
    scratch,
    ...(await measured(pair, images, weights, studentOf(homeOf(job, runs.folder)), options.signal)),
    classes: images.train.classes.length,
    trainImages: images.train.count,
    validationImages: images.test.count,
    imageSize: pair.imageSize,
    normalisation: { mean: images.train.mean, std: images.train.std },
  };
  await publish(studentOf(homeOf(job, runs.folder)), path.join(out, 'student.safetensors'));
  await writeJson(path.join(out, 'records.json'), gain);
  return gain;
}

function fit({ imageSize, epochs, batchSize }: Pair, images: number): Fit {
  return { imageSize, images, epochs, batchSize };
}

function studentFit(pair: Pair, images: number): Fit {
  return { ...fit(pair, images), learningRate: pair.learningRate };
}

/** Opens the images once the rest is known to be sound. */
async function checked(pair: Pair, out: string): Promise<OwnImages> {
  const { student, teacher, method, data, imageSize, precision } = pair;
  // Of whichever family: its faults are the same.
  const stand: RecipeInput<MethodSpec> = {
    student,
    teacher: { model: teacher, weights: '' },
    method,
    data,
    precision,
    ...familyRecipe('cnn', studentFit(pair, data.trainImages ?? 1024)),
  };
  const chosen = findMethod(method.kind);
  const faults = [
    ...recipeFaults(stand),
    ...(chosen && !needsTeacher(chosen)
      ? [`method: ${method.kind} has no use for a teacher; choose another, such as ofa`]
      : []),
  ];
  if (faults.length > 0) throw recipeError(faults);
  try {
    await mkdir(out, { recursive: true });
    await access(out, constants.W_OK);
  } catch (error) {
    throw fileError(error, 'write', out);
  }
  return openOwnImages(data, imageSize);
}

interface Teacher {
  readonly family: Model['family'];
  readonly studentFamily: Model['family'];
  /** Weights that know the classes of the images. */
  readonly weights?: string;
  /** Weights for other classes, from which its training starts. */
  readonly initial?: string;
  /** How the weights want their images, where it is not by ImageNet's mean and deviation: teacher and student see them so. */
  readonly normalisation?: Normalisation;
}

/** Makes both networks once, to see whether they can be made and what the teacher's weights know. */
async function teacherOf(
  { student, teacher, teacherWeights, imageSize }: Pair,
  { train }: OwnImages,
  fetching: HubOptions,
): Promise<Teacher> {
  const options = { classes: train.classes.length, imageSize };
  const learner = createModel(student, options, new Random(0));
  const { family: studentFamily } = learner;
  disposeModule(learner);
  const model = createModel(teacher, options, new Random(0));
  const { family } = model;
  try {
    if (teacherWeights === undefined) return { family, studentFamily };
    const {
      file,
      headLoaded,
      normalisation = train,
    } = await loadWeights(model, teacherWeights, { ...fetching, allowHeadMismatch: true });
    return {
      family,
      studentFamily,
      ...(headLoaded ? { weights: file } : { initial: file }),
      ...(!sameNormalisation(normalisation, train) && { normalisation }),
    };
  } finally {
    disposeModule(model);
  }
}

/** What student and teacher cost, and how good the teacher is on the same images. */
async function measured(
  pair: Pair,
  { train, test }: Pick<OwnImages, 'train' | 'test'>,
  weights: string,
  studentWeights: string,
  signal: AbortSignal | undefined,
): Promise<Pick<Gain, 'student' | 'teacher' | 'methodParameters' | 'methodMultiplyAdds'>> {
  const { model: teacher } = loadTeacher({ model: pair.teacher, weights }, train, pair);
  try {
    const { model: student } = loadTeacher({ model: pair.student, weights: studentWeights }, train, pair);
    try {
      const distillation = distillationOf(pair.method, {
        student,
        teacher,
        examples: train.count,
        labels: train.labels,
        random: new Random(0),
      });
      const methodSize = methodSizeOf(distillation, student, teacher);
      disposeModule(distillation.modules);
      return {
        student: costOf(student),
        ...methodSize,
        teacher: { ...costOf(teacher), top1: (await evaluate(teacher, test, { signal })).top1, weights },
      };
    } finally {
      disposeModule(student);
    }
  } finally {
    disposeModule(teacher);
  }
}
