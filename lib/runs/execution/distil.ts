import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { methodSize, networkCost } from '../../analysis/networkCost';
import { sameNormalisation, type Normalisation } from '../../data/datasets/normalisation';
import { familyRecipe, type Fit } from '../../experiments/ownPair';
import type { DownloadProgress } from '../../io/download/download';
import { fileError } from '../../io/fileError';
import type { HubOptions } from '../../io/download/huggingFace';
import { writeJson } from '../../io/json';
import { distillationOf, findMethod, type MethodSpec } from '../../methods/methods';
import { needsTeacher } from '../../methods/teacherAccess';
import type { RunRecord } from '../../results/records/record';
import type { Model } from '../../models/model';
import type { OwnNetworks } from '../../models/own/network';
import { disposeModule } from '../../models/parameter';
import { loadWeights } from '../../models/weights/pretrained';
import { createModel } from '../../models/zoo';
import type { Gain } from '../../results/gain';
import { Random } from '../../tensor/random';
import { evaluate } from '../../training/evaluation/evaluate';
import { invalidRecipe } from '../../training/recipe/completeRecipe';
import { parseRecipe, recipeErrors } from '../../training/recipe/completeRecipe';
import type { OwnParts } from '../../training/recipe/ownParts';
import { recipeId, type OwnData, type Recipe, type RecipeInput } from '../../training/recipe/recipe';
import type { TeacherSpec } from '../../training/recipe/teacherSpec';
import { openOwnImages, type OwnImages } from '../inputs/ownImages';
import { loadTeacher } from '../inputs/teacher';
import type { Job } from '../plan/job';
import { finishedRecord } from '../runFolder/finishedRecord';
import { replacedWeightsError } from '../runFolder/inputWeights';
import { runFolderOf, studentFile } from '../runFolder/paths';
import { copyAtomic } from './finishRun';
import { runJob, type JobOptions } from './runJob';

/** A student, a teacher, and the images on which the student learns from the teacher. */
export interface Pair {
  readonly student: string;
  readonly teacher: string;
  /**
   * A .safetensors file or a repository of the Hugging Face hub. If omitted, the teacher is trained on the images
   * first.
   */
  readonly teacherWeights?: string;
  readonly data: OwnData;
  readonly method: MethodSpec;
  /** Epochs of every run, also of the teacher's training. Default: the published 300. */
  readonly epochs?: number;
  /** Images per update. Default: 128, or fewer for small sets of images. */
  readonly batchSize?: number;
  /** Peak learning rate of the student. Default: the published one, scaled to the batch size. */
  readonly learningRate?: number;
  /** Input height and width of both networks in pixels. */
  readonly imageSize: number;
  /**
   * Input height and width of the teacher in pixels, if it differs: the teacher then reads the student's images,
   * resized. If the teacher is trained first, it is trained on images of this size.
   */
  readonly teacherImageSize?: number;
  /** Precision of matrix products in all runs. Default: float32. */
  readonly precision?: 'bfloat16';
  readonly seed?: number;
}

export interface DistilOptions extends Omit<JobOptions, 'runsFolder'> {
  /** Folder for the student, the records, and the runs. */
  readonly out: string;
  /** The command that reproduces the result, for the records. */
  readonly command: string;
  /** Called when a run starts. */
  readonly onRun?: (job: Job) => void;
  /** Called while the teacher's weights are downloaded. */
  readonly onDownload?: (progress: DownloadProgress) => void;
}

/**
 * Distils a student from a teacher on images of the user, and trains the same student without a teacher for
 * comparison. Checks all inputs before the first step. When stopped by its signal it leaves checkpoints; a second
 * call resumes, and does not repeat finished runs. Writes `student.safetensors` (without branches) and
 * `records.json`. Throws a UserError for any input that cannot be used.
 */
export async function distil(
  pair: Pair,
  { out, command, onRun, onDownload, ...options }: DistilOptions,
): Promise<Gain> {
  const { networks } = options;
  const opened = await checkInputs(pair, out, networks);
  const setup = await inspectNetworks(pair, opened, { signal: options.signal, onProgress: onDownload, networks });
  const runsFolder = path.join(out, 'runs');
  const networksFile = networks?.file === undefined ? {} : { networks: networks.file };
  const run = async (row: string, recipe: Recipe): ReturnType<typeof runJob> => {
    const id = recipeId(recipe);
    const job: Job = { id, experiment: 'own', row, profile: 'laptop', recipe, command, ...networksFile };
    const done = await finishedRecord(job, runsFolder);
    const error = done && (await replacedWeightsError(recipe, runFolderOf(job, runsFolder), done, networks));
    if (error) throw error;
    onRun?.(job);
    return runJob(job, { ...options, runsFolder });
  };
  const weightsOf = ({ id }: Pick<RunRecord, 'id'>): string => studentFile(runFolderOf({ id }, runsFolder));

  const recipes = recipesOf(pair, opened, { ...setup, networks });
  // The recipe of the last run must not be refused after the first has trained for hours.
  for (const check of [recipes.teacher, recipes.scratch, () => recipes.distilled('fresh')]) check();
  const teacherWeights = setup.weights ?? weightsOf(await run('teacher', recipes.teacher()));
  const scratch = await run('scratch', recipes.scratch());
  const distilled = await run('distilled', recipes.distilled(teacherWeights));
  const images = normalised(opened, setup.normalisation);
  const gain: Gain = {
    distilled,
    scratch,
    ...(await measureNetworks(pair, images, teacherSpecOf(pair, teacherWeights, setup), weightsOf(distilled), options)),
    classes: images.train.classes.length,
    trainImages: images.train.count,
    validationImages: images.test.count,
    imageSize: pair.imageSize,
    normalisation: { mean: images.train.mean, std: images.train.std },
  };
  await copyAtomic(weightsOf(distilled), path.join(out, 'student.safetensors'));
  await writeJson(path.join(out, 'records.json'), gain);
  return gain;
}

/** Checks the recipe and the output folder, and then opens the images. */
async function checkInputs(pair: Pair, out: string, networks: OwnNetworks | undefined): Promise<OwnImages> {
  const { student, teacher, method, data, imageSize, precision } = pair;
  // The same values are checked for every family. The number of images is not known yet.
  const fitted = familyRecipe('cnn', studentFit(pair, data.trainImages ?? 1024));
  const errors = recipeErrors(
    { student, teacher: { model: teacher, weights: '' }, method, data, precision, ...fitted },
    { networks },
  );
  const chosen = findMethod(method.kind);
  if (chosen && !needsTeacher(chosen)) {
    errors.push(`method: ${method.kind} does not use a teacher; choose another method, such as ofa`);
  }
  if (errors.length > 0) throw invalidRecipe(errors);
  try {
    await mkdir(out, { recursive: true });
    await access(out, constants.W_OK);
  } catch (error) {
    throw fileError(error, 'write', out);
  }
  return openOwnImages(data, imageSize);
}

/** What is known of the two networks before the first run. */
interface NetworkSetup {
  readonly teacherFamily: Model['family'];
  readonly studentFamily: Model['family'];
  /** The teacher's weights, if they are for the classes of the images. */
  readonly weights?: string;
  /** Weights for other classes, from which the teacher's training starts. */
  readonly initial?: string;
  /**
   * The normalisation that the teacher's weights expect, if it is not ImageNet's. It applies to teacher and student.
   */
  readonly normalisation?: Normalisation;
  /** How images are resized for the teacher's weights, if their repository states it. */
  readonly interpolation?: 'bicubic' | 'bilinear';
}

/** Creates both networks once, to check that they exist and what the teacher's weights are for. */
async function inspectNetworks(
  { student, teacher, teacherWeights, imageSize, teacherImageSize = imageSize }: Pair,
  { train }: OwnImages,
  { networks, ...hubOptions }: HubOptions & Pick<OwnParts, 'networks'>,
): Promise<NetworkSetup> {
  const options = { classes: train.classes.length, imageSize, networks };
  const studentModel = createModel(student, options, new Random(0));
  const { family: studentFamily } = studentModel;
  disposeModule(studentModel);

  const model = createModel(teacher, { ...options, imageSize: teacherImageSize }, new Random(0));
  const families = { teacherFamily: model.family, studentFamily };
  try {
    if (teacherWeights === undefined) return families;
    const loaded = await loadWeights(model, teacherWeights, { ...hubOptions, allowHeadMismatch: true });
    const { file, headLoaded, images, normalisation = train } = loaded;
    return {
      ...families,
      ...(headLoaded ? { weights: file } : { initial: file }),
      ...(!sameNormalisation(normalisation, train) && { normalisation }),
      ...(images && { interpolation: images.interpolation }),
    };
  } finally {
    disposeModule(model);
  }
}

interface PairRecipes {
  teacher(): Recipe;
  scratch(): Recipe;
  distilled(teacherWeights: string): Recipe;
}

/** The recipes of the three runs. The two of the student differ in method and teacher only. */
function recipesOf(pair: Pair, images: OwnImages, setup: NetworkSetup & Pick<OwnParts, 'networks'>): PairRecipes {
  const { normalisation, initial, networks } = setup;
  const { count } = images.train;
  const { teacherImageSize = pair.imageSize } = pair;
  const common = {
    data: { ...pair.data, contents: images.contents, ...(normalisation && { normalisation }) },
    // A key with the value undefined would differ from the same recipe read back from JSON.
    ...(pair.precision && { precision: pair.precision }),
    seed: pair.seed ?? 0,
  };
  const studentRecipe: RecipeInput<MethodSpec> = {
    ...common,
    student: pair.student,
    ...familyRecipe(setup.studentFamily, studentFit(pair, count)),
  };
  const parse = (recipe: RecipeInput<MethodSpec>): Recipe => parseRecipe(recipe, { networks });
  return {
    teacher: () =>
      parse({
        ...common,
        student: pair.teacher,
        ...familyRecipe(setup.teacherFamily, { ...commonFit(pair, count), imageSize: teacherImageSize }),
        ...(initial !== undefined && { initial }),
      }),
    scratch: () => parse({ ...studentRecipe, method: { kind: 'scratch' } }),
    distilled: (weights) =>
      parse({ ...studentRecipe, method: pair.method, teacher: teacherSpecOf(pair, weights, setup) }),
  };
}

/** The teacher of the distillation. Its fields are left out where the teacher's images are those of the student. */
function teacherSpecOf(
  { teacher, imageSize, teacherImageSize = imageSize }: Pair,
  weights: string,
  { interpolation }: Pick<NetworkSetup, 'interpolation'>,
): TeacherSpec {
  const sizes = { imageSize: teacherImageSize, ...(interpolation && { interpolation }) };
  return { model: teacher, weights, ...(teacherImageSize !== imageSize && sizes) };
}

/** What adapts a published recipe to the pair, for both teacher and student. */
function commonFit({ imageSize, epochs, batchSize }: Pair, images: number): Fit {
  return { imageSize, images, epochs, batchSize };
}

function studentFit(pair: Pair, images: number): Fit {
  return { ...commonFit(pair, images), learningRate: pair.learningRate };
}

type TrainAndTest = Pick<OwnImages, 'train' | 'test'>;

function normalised({ train, test }: TrainAndTest, normalisation?: Normalisation): TrainAndTest {
  return { train: { ...train, ...normalisation }, test: { ...test, ...normalisation } };
}

/** The costs of student, teacher and method, and the teacher's accuracy on the validation images. */
async function measureNetworks(
  pair: Pair,
  { train, test }: TrainAndTest,
  teacherSpec: TeacherSpec,
  studentWeights: string,
  { signal, networks }: Pick<JobOptions, 'signal' | 'networks'>,
): Promise<Pick<Gain, 'student' | 'teacher' | 'methodParameters' | 'methodMultiplyAdds'>> {
  const { imageSize, precision } = pair;
  const load = (spec: TeacherSpec): Model => loadTeacher(spec, train, { imageSize, precision, networks }).model;
  const teacher = load(teacherSpec);
  try {
    const student = load({ model: pair.student, weights: studentWeights });
    try {
      const setting = { student, teacher, examples: train.count, labels: train.labels, random: new Random(0) };
      const distillation = distillationOf(pair.method, setting);
      const size = methodSize(distillation, student, teacher);
      disposeModule(distillation.modules);
      const { top1 } = await evaluate(teacher, test, { signal });
      return {
        student: networkCost(student),
        ...size,
        teacher: { ...networkCost(teacher), top1, weights: teacherSpec.weights },
      };
    } finally {
      disposeModule(student);
    }
  } finally {
    disposeModule(teacher);
  }
}
