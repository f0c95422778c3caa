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
import { teachersOf } from '../../training/recipe/teacherSpec';
import { TeacherCache } from '../../training/teacher/teacherCache';
import { git, versions } from '../runFolder/machine';

/** Maximum size of the cache of one teacher and seed. The laptop profile takes at most a third of it. */
const maxBytes = 2 ** 30;

interface CacheOptions {
  /** The folder of all runs; the cache is in `teacher-cache` inside. */
  readonly runsFolder: string;
  /** Receives why something could not be written. */
  readonly onError?: (text: string) => void;
  /** Whether the teacher is a network of the user, whose code may change. Default: false. */
  readonly ownTeacher?: boolean;
  /** Identifies the code that computes the outputs. Default: git's hash of `lib`. */
  readonly library?: string | undefined;
}

/**
 * The cache of teacher outputs that a run shares with all others whose teacher sees the same images. Returns
 * undefined if the outputs may change unnoticed (images or networks of the user, uncommitted changes in `lib`), if
 * the method reads the teacher's stages, which are not cached, or if the cache would exceed 1 GiB. Deletes caches of
 * other states of `lib`, which nothing reads any more.
 */
export async function sharedTeacherCache(
  recipe: Recipe,
  teacher: Model,
  trainImages: number,
  { runsFolder, onError, ownTeacher = false, library = libraryHash() }: CacheOptions,
): Promise<TeacherCache | undefined> {
  const ownImages = recipe.data.name === 'folder' || recipe.data.name === 'shards';
  if (library === undefined || ownImages || ownTeacher || findMethod(recipe.method.kind)?.readsTeacher === 'stages')
    return undefined;
  const all = path.join(runsFolder, 'teacher-cache');
  const current = library.slice(0, 12);
  const folder = path.join(all, current, await cacheKey(recipe, library));
  const cache = new TeacherCache(folder, teacher, recipe, trainImages, onError);
  if (cache.bytes(recipe.epochs) > maxBytes) return undefined;
  await removeOthers(all, current, onError);
  return cache;
}

/** Hash of everything on which the teacher's outputs depend, to the last bit. */
async function cacheKey(recipe: Recipe, library: string): Promise<string> {
  const { teacher, data, imageSize, batchSize, accumulation, augmentation, mixing, repeats, precision, seed } = recipe;
  const teachers = teachersOf(teacher).map(async ({ weights, ...one }) => [
    weights === 'fresh' ? 'fresh' : await sha256(weights),
    ...[one.model, one.imageSize, one.interpolation, one.normalisation],
  ]);
  const code = [library, versions(), backendInfo()];
  const images = [data, imageSize, batchSize, accumulation, augmentation, mixing, repeats];
  const parts = [...code, await Promise.all(teachers), ...images, precision, seed];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

async function removeOthers(all: string, current: string, onError?: (text: string) => void): Promise<void> {
  const names = existsSync(all) ? await readdir(all) : [];
  for (const name of names.filter((one) => one !== current)) {
    const folder = path.join(all, name);
    // A run of another commit may be writing there, and this run continues.
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
      onError?.(fileError(error, 'write', folder).message);
    });
  }
}

/** Git's hash of `lib`; undefined if files differ from the commit, and outside a git repository. */
function libraryHash(): string | undefined {
  try {
    return git('status', '--porcelain', '--', 'lib') === '' ? git('rev-parse', 'HEAD:lib') : undefined;
  } catch {
    return undefined;
  }
}
