import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { sha256 } from '../io/sha256';
import type { Model } from '../models/model';
import { backendInfo } from '../tensor/backendInfo';
import type { Recipe } from '../training/recipe';
import { TeacherCache } from '../training/teacherCache';
import { versions } from './machine';

/** Of one teacher and one seed: the laptop profile takes a fifth of it. */
const mostBytes = 2 ** 30;

/**
 * The cache that a run shares with all others whose teacher sees the same images, under the folder of runs. None where what the
 * teacher says is not certain to be the same (images of one's own, a library that differs from its commit), or would fill the disk.
 * `library` stands for the code that computes it.
 */
export async function teacherCacheFor(recipe: Recipe, teacher: Model, trainImages: number, folder: string, library = libraryTree()): Promise<TeacherCache | undefined> {
  if (library === undefined || recipe.data.name === 'folder' || recipe.data.name === 'shards') return undefined;
  const key = createHash('sha256').update(JSON.stringify(await decisive(recipe, library))).digest('hex').slice(0, 12);
  const cache = new TeacherCache(path.join(folder, 'teacher-cache', key), teacher, recipe, trainImages);
  return cache.bytes(recipe.epochs) <= mostBytes ? cache : undefined;
}

/** Everything on which the teacher's numbers depend, to the last bit. */
async function decisive({ teacher, data, imageSize, batchSize, accumulation, augmentation, mixing, repeats, precision, seed }: Recipe, library: string): Promise<unknown> {
  const weights = teacher && (teacher.weights === 'fresh' ? 'fresh' : await sha256(teacher.weights));
  return [library, versions(), backendInfo(), teacher?.model, weights, data, imageSize, batchSize, accumulation, augmentation, mixing, repeats, precision, seed];
}

/** Git's hash of all of lib; undefined where the files differ from it, and outside git. */
function libraryTree(): string | undefined {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('status', '--porcelain', '--', 'lib') === '' ? git('rev-parse', 'HEAD:lib') : undefined;
  } catch {
    return undefined;
  }
}
