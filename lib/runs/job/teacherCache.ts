import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from '../../io/fileError';
import { sha256 } from '../../io/sha256';
import { findMethod } from '../../methods/methods';
import type { Model } from '../../models/model';
import { backendInfo } from '../../tensor/engine/backendInfo';
import type { Recipe } from '../../training/recipe/recipe';
import { TeacherCache } from '../../training/teacher/teacherCache';
import { git, versions } from '../runFolder/machine';

/** Of one teacher and one seed: the laptop profile takes a third of it at most. */
const mostBytes = 2 ** 30;

interface CacheOptions {
  /** The folder of runs. */
  readonly folder: string;
  /** Hears why something could not be kept. */
  readonly onFault?: (text: string) => void;
  /** Stands for the code that computes it: git's hash of it unless told. */
  readonly library?: string | undefined;
}

/**
 * The cache that a run shares with all others whose teacher sees the same images. None where what the teacher says is not certain to be
 * the same (images of one's own, a library that differs from its commit), would fill the disk, or is not all that the method reads. What
 * another library has kept is removed: nobody would read it again.
 */
export async function teacherCacheFor(
  recipe: Recipe,
  teacher: Model,
  trainImages: number,
  { folder, onFault, library = libraryTree() }: CacheOptions,
): Promise<TeacherCache | undefined> {
  if (
    library === undefined ||
    recipe.data.name === 'folder' ||
    recipe.data.name === 'shards' ||
    findMethod(recipe.method.kind)?.readsTeacher === 'stages'
  )
    return undefined;
  const key = createHash('sha256')
    .update(JSON.stringify(await decisive(recipe, library)))
    .digest('hex')
    .slice(0, 12);
  const [all, own] = [path.join(folder, 'teacher-cache'), library.slice(0, 12)];
  const cache = new TeacherCache(path.join(all, own, key), teacher, recipe, trainImages, onFault);
  if (cache.bytes(recipe.epochs) > mostBytes) return undefined;
  for (const other of existsSync(all) ? await readdir(all) : []) {
    if (other === own) continue;
    const place = path.join(all, other);
    // A run at another commit may be writing there: no reason for this one to end.
    await rm(place, { recursive: true, force: true }).catch((error: unknown) =>
      onFault?.(fileError(error, 'write', place).message),
    );
  }
  return cache;
}

/** Everything on which the teacher's numbers depend, to the last bit. */
async function decisive(
  { teacher, data, imageSize, batchSize, accumulation, augmentation, mixing, repeats, precision, seed }: Recipe,
  library: string,
): Promise<unknown> {
  const weights = teacher && (teacher.weights === 'fresh' ? 'fresh' : await sha256(teacher.weights));
  return [
    library,
    versions(),
    backendInfo(),
    teacher?.model,
    weights,
    data,
    imageSize,
    batchSize,
    accumulation,
    augmentation,
    mixing,
    repeats,
    precision,
    seed,
  ];
}

/** Git's hash of all of lib; undefined where the files differ from it, and outside git. */
function libraryTree(): string | undefined {
  try {
    return git('status', '--porcelain', '--', 'lib') === '' ? git('rev-parse', 'HEAD:lib') : undefined;
  } catch {
    return undefined;
  }
}
