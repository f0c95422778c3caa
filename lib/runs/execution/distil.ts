import { constants, existsSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { familyRecipe } from '../../experiments/ownPair';
import type { DownloadProgress } from '../../io/download/download';
import { fileError } from '../../io/fileError';
import { writeJson } from '../../io/json';
import { findMethod } from '../../methods/methods';
import { needsTeacher } from '../../methods/teacherAccess';
import { branchesBeside } from '../../models/branches/branchesBeside';
import type { OwnNetworks } from '../../models/own/network';
import type { Gain } from '../../results/gain';
import type { RunRecord } from '../../results/records/record';
import { invalidRecipe, recipeErrors } from '../../training/recipe/completeRecipe';
import { recipeId, type Recipe } from '../../training/recipe/recipe';
import { teacherOf } from '../../training/recipe/teacherSpec';
import { openOwnImages, type OwnImages } from '../inputs/ownImages';
import type { Job } from '../plan/job';
import { finishedRecord } from '../runFolder/finishedRecord';
import { replacedWeightsError } from '../runFolder/inputWeights';
import { runFolderOf, studentFile } from '../runFolder/paths';
import { copyAtomic } from './finishRun';
import { inspectNetworks } from './networkSetup';
import type { Pair } from './ownPair';
import { measureNetworks } from './pairCosts';
import { recipesOf, studentFit, teacherSpecOf } from './pairRecipes';
import { runJob, type JobOptions } from './runJob';

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
 * Distils a student from one or several teachers on images of the user, and trains the same student without a teacher
 * for comparison. Checks all inputs before the first step. When stopped by its signal it leaves checkpoints; a second
 * call resumes, and does not repeat finished runs. Writes `student.safetensors` (without branches),
 * `student.branches.safetensors` if the method has branches, and `records.json`. Throws a UserError for any input that
 * cannot be used.
 */
export async function distil(
  pair: Pair,
  { out, command, onRun, onDownload, onNotice, ...rest }: DistilOptions,
): Promise<Gain> {
  const options = { ...rest, ...(onNotice && { onNotice: withoutRepeats(onNotice) }) };
  const { networks } = options;
  const opened = await checkInputs(pair, out, networks);
  const setup = await inspectNetworks(pair, opened, { signal: options.signal, onProgress: onDownload, networks });
  for (const { notice } of setup.teachers) if (notice !== undefined) options.onNotice?.(notice);
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
  recipes.distilled(setup.teachers.map(() => 'fresh'));
  recipes.scratch();
  const teacherRecipes = setup.teachers.map(({ weights }, i) => (weights === undefined ? recipes.teacher(i) : weights));
  const teacherWeights: string[] = [];
  for (const [i, given] of teacherRecipes.entries()) {
    const row = i === 0 ? 'teacher' : `teacher ${i + 1}`;
    teacherWeights.push(typeof given === 'string' ? given : weightsOf(await run(row, given)));
  }
  const scratch = await run('scratch', recipes.scratch());
  const distilled = await run('distilled', recipes.distilled(teacherWeights));
  const { mean, std } = setup.normalisation;
  const images = { train: { ...opened.train, mean, std }, test: { ...opened.test, mean, std } };
  const gain: Gain = {
    distilled,
    scratch,
    ...(await measureNetworks(pair, images, teacherSpecOf(pair, teacherWeights, setup), weightsOf(distilled), options)),
    classes: images.train.classes.length,
    trainImages: images.train.count,
    validationImages: images.test.count,
    imageSize: pair.imageSize,
    normalisation: { mean, std },
  };
  const student = path.join(out, 'student.safetensors');
  await copyAtomic(weightsOf(distilled), student);
  const branches = branchesBeside(weightsOf(distilled));
  if (existsSync(branches)) await copyAtomic(branches, branchesBeside(student));
  await writeJson(path.join(out, 'records.json'), gain);
  return gain;
}

/** Passes each notice on once. That about the images names no run, because all runs use the same images. */
function withoutRepeats(onNotice: (text: string) => void): (text: string) => void {
  const given = new Set<string>();
  return (notice) => {
    const text = notice.replace(/^[^:]+: (?=images: )/, '');
    if (!given.has(text)) onNotice(text);
    given.add(text);
  };
}

/** Checks the recipe and the output folder, and then opens the images. */
async function checkInputs(pair: Pair, out: string, networks: OwnNetworks | undefined): Promise<OwnImages> {
  const { student, teachers, method, data, imageSize, precision } = pair;
  const teacher = teacherOf(teachers.map(({ model }) => ({ model, weights: '' })));
  // The same values are checked for every family. The number of images is not known yet.
  const fitted = familyRecipe('cnn', studentFit(pair, data.trainImages ?? 1024));
  const errors = recipeErrors({ student, teacher, method, data, precision, ...fitted }, { networks });
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
