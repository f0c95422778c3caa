import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { stratifiedSample } from '../../data/datasets/holdOut';
import { isAbort } from '../../errors';
import type { Method } from '../../methods/method';
import type { MethodSpec } from '../../methods/methods';
import type { OwnNetworks } from '../../models/own/network';
import { disposeModule } from '../../models/parameter';
import type { EpochRecord } from '../../results/records/record';
import { Random } from '../../tensor/random';
import { restoreCheckpoint, saveCheckpoint } from '../../training/checkpoint/checkpoint';
import type { StepEvent } from '../../training/event';
import { parseRecipe } from '../../training/recipe/completeRecipe';
import { namesOwnNetwork, type OwnParts } from '../../training/recipe/ownParts';
import { recipeId, type RecipeInput } from '../../training/recipe/recipe';
import { Training } from '../../training/training';
import type { Resources } from '../../training/setup/resources';
import { loadData, type Data } from '../inputs/data';
import { loadRecipeTeacher } from '../inputs/teacher';
import { lockFolder } from '../runFolder/lock';
import { appendMetrics, readMetrics } from '../runFolder/metrics';
import { metricsFile } from '../runFolder/paths';

export type LiveEvent = StepEvent | ({ readonly kind: 'epoch' } & EpochRecord);

export interface LiveOptions {
  /** The folder for checkpoints of paused runs. Each run has its own folder inside. */
  readonly folder: string;
  /** Number of test images for each evaluation, drawn evenly from the classes. Default: all. */
  readonly testImages?: number;
  /** A method that is not in `methods`, such as one defined in a notebook. */
  readonly method?: Method | undefined;
  /** Networks that are not in the library, such as those of a notebook. */
  readonly networks?: OwnNetworks | undefined;
  /**
   * Receives the notice that images are synthetic. If given, synthetic images replace CIFAR-100 on a machine without
   * archive or network.
   */
  readonly warn?: (notice: string) => void;
  /** Images and teacher that are loaded already. The caller keeps and disposes them. */
  readonly materials?: Omit<Resources, keyof OwnParts>;
  /** Ends after this epoch; a later call can continue. Default: the last epoch of the recipe. */
  readonly until?: number;
  /** Keeps a finished run, so that the next call repeats its events instead of training again. Default: false. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * A short run for display, which leaves no record. Yields an event after each step and each epoch. When the signal
 * fires, it ends after the current step with a checkpoint; the next call yields the events of the finished epochs
 * again and then resumes. After a finished run the next call starts over. Throws a RunLockedError if another process
 * runs the same.
 */
export function liveRun(
  recipe: RecipeInput,
  options: LiveOptions & { readonly method?: undefined },
): AsyncGenerator<LiveEvent, void>;
/** The same with a method that is not in lib/methods; if `method` is undefined, with the one that the recipe names. */
export function liveRun(
  recipe: RecipeInput<MethodSpec>,
  options: LiveOptions & { readonly method: Method | undefined },
): AsyncGenerator<LiveEvent, void>;
export async function* liveRun(given: RecipeInput<MethodSpec>, options: LiveOptions): AsyncGenerator<LiveEvent, void> {
  const { folder, testImages, method, networks, materials, keep = false, warn, signal } = options;
  const recipe = parseRecipe(given, { method, networks });
  const lastEpoch = Math.min(options.until ?? recipe.epochs, recipe.epochs);
  const data: Data =
    materials ?? (await loadData(recipe.data, recipe.imageSize, { syntheticFallback: warn !== undefined }));
  const { train, notice } = data;
  if (notice !== undefined) warn?.(notice);

  // Besides the recipe, all that changes the numbers. Of a custom method only the source of `create` is known.
  const own = namesOwnNetwork(recipe, networks) ? [networks?.sha256] : [];
  const key = hash([recipeId(recipe), testImages, method?.code, notice !== undefined, ...own]);
  const runFolder = path.join(folder, key);
  const kept = keep ? await epochEvents(runFolder, lastEpoch) : [];
  if (kept.length === lastEpoch) {
    for (const event of kept) yield event;
    return;
  }
  const release = await lockFolder(runFolder);
  try {
    const test = testImages === undefined ? data.test : sampleImages(data.test, testImages);
    const ownTeacher = materials ? undefined : loadRecipeTeacher(recipe, { train, test }, { method, networks })?.model;
    const teacher = materials?.teacher ?? ownTeacher;
    try {
      const resources = { ...materials, train, test, ...(teacher && { teacher }), method, networks };
      const training = new Training(recipe, resources);
      try {
        yield* trainUntil(lastEpoch, training, runFolder, signal);
      } finally {
        training.dispose();
      }
      if (!keep && training.position.epoch === recipe.epochs) await rm(runFolder, { recursive: true, force: true });
    } finally {
      if (ownTeacher) disposeModule(ownTeacher);
    }
  } finally {
    await release();
  }
}

/** Yields the finished epochs, then trains to the end of an epoch, with a checkpoint after each and when stopped. */
async function* trainUntil(
  lastEpoch: number,
  training: Training,
  runFolder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LiveEvent, void> {
  const resumed = restoreCheckpoint(training, runFolder) !== undefined;
  if (!resumed) await rm(metricsFile(runFolder), { force: true });
  for (const event of await epochEvents(runFolder, training.position.epoch)) yield event;
  if (training.position.epoch >= lastEpoch) return;
  try {
    for await (const event of training.run({ signal })) {
      if (event.kind === 'epoch') {
        await appendMetrics(runFolder, event);
        await saveCheckpoint(training, runFolder);
      }
      yield event;
      if (event.kind === 'epoch' && event.epoch === lastEpoch) return;
    }
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    await saveCheckpoint(training, runFolder);
  }
}

function sampleImages(images: Data['test'], count: number): Data['test'] {
  return count >= images.count ? images : stratifiedSample(images, count, new Random(0).fork('live'));
}

function hash(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 12);
}

/** The events of the epochs that a run has written, up to an epoch. */
async function epochEvents(runFolder: string, lastEpoch: number): Promise<LiveEvent[]> {
  const finished = await readMetrics(runFolder);
  return finished.filter(({ epoch }) => epoch <= lastEpoch).map((metrics) => ({ kind: 'epoch', ...metrics }));
}
