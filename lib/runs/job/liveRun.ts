import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { part } from '../../data/images/part';
import { isAbort } from '../../errors';
import { appendJsonLine } from '../../io/jsonLines';
import type { Method } from '../../methods/method';
import type { MethodSpec } from '../../methods/methods';
import { disposeModule } from '../../models/parameter';
import type { EpochRecord } from '../../results/records/record';
import { Random } from '../../tensor/random';
import { restoreCheckpoint, saveCheckpoint } from '../../training/checkpoint';
import type { StepEvent } from '../../training/event';
import { parseRecipe, recipeId, type RecipeInput } from '../../training/recipe/recipe';
import { Training, type Resources } from '../../training/training';
import { metricsOf } from '../runFolder/paths';
import { lockFolder } from '../runFolder/lock';
import { loadData, teacherFor, type Data } from './materials';
import { finishedEpochs } from '../runFolder/metrics';

export type LiveEvent = StepEvent | ({ readonly kind: 'epoch' } & EpochRecord);

export interface LiveOptions {
  /** Where a stopped run leaves its checkpoint. */
  readonly folder: string;
  /** Test images, drawn evenly from the classes, that each epoch is evaluated on; all of them unless told. */
  readonly testImages?: number;
  /** A method that is not in the list, such as one written in the notebook. */
  readonly method?: Method | undefined;
  /** Told that images are made up. Where it is given, such may stand in for CIFAR-100 on a machine that has neither archive nor network. */
  readonly warn?: (notice: string) => void;
  /** Images and teacher, where the caller has them already; they stay the caller's. */
  readonly materials?: Omit<Resources, 'method'>;
  /** Ends after this epoch of the recipe, to go on another time. */
  readonly until?: number;
  /** Whether a finished run is kept, and told again instead of begun anew; one that was ended early always is. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * A short run to be watched, step by step, that leaves no record. When the signal fires it ends after the step under way, with
 * a checkpoint; the next time it first tells the finished epochs again and then goes on. After a finished run it begins anew.
 * Throws Busy where another process is at the same run.
 */
export function liveRun(
  recipe: RecipeInput,
  options: LiveOptions & { readonly method?: undefined },
): AsyncGenerator<LiveEvent, void>;
/** The same with a method that is not in lib/methods, or, if `method` is undefined, with the one that the recipe names. */
export function liveRun(
  recipe: RecipeInput<MethodSpec>,
  options: LiveOptions & { readonly method: Method | undefined },
): AsyncGenerator<LiveEvent, void>;
export async function* liveRun(
  given: RecipeInput<MethodSpec>,
  { folder, testImages, method, materials, until, keep = false, warn, signal }: LiveOptions,
): AsyncGenerator<LiveEvent, void> {
  const recipe = parseRecipe(given, method);
  const end = Math.min(until ?? recipe.epochs, recipe.epochs);
  const { train, test, notice }: Data =
    materials ?? (await loadData(recipe.data, recipe.imageSize, { standIn: warn !== undefined }));
  if (notice !== undefined) warn?.(notice);
  const home = path.join(folder, key([recipeId(recipe), testImages, method?.code, notice !== undefined]));
  const metrics = metricsOf(home);
  const known = keep ? await told(metrics, end) : [];
  if (known.length === end) {
    for (const event of known) yield event;
    return;
  }
  const release = await lockFolder(home);
  try {
    const seen =
      testImages === undefined || testImages >= test.count ? test : part(test, testImages, new Random(0).fork('live'));
    const own = materials ? undefined : teacherFor(recipe, { train, test: seen }, method)?.model;
    try {
      const teacher = materials?.teacher ?? own;
      const training = new Training(recipe, {
        ...materials,
        train,
        test: seen,
        ...(teacher && { teacher }),
        ...(method && { method }),
      });
      try {
        yield* follow(training, home, metrics, end, signal);
      } finally {
        training.dispose();
      }
      if (!keep && training.position.epoch === recipe.epochs) await rm(home, { recursive: true, force: true });
    } finally {
      if (own) disposeModule(own);
    }
  } finally {
    await release();
  }
}

/** Tells the epochs that are finished, then trains to the end of an epoch, with a checkpoint after each and when stopped. */
async function* follow(
  training: Training,
  home: string,
  metrics: string,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<LiveEvent, void> {
  if (restoreCheckpoint(training, home) === undefined) await rm(metrics, { force: true });
  else for (const event of await told(metrics, training.position.epoch)) yield event;
  if (training.position.epoch >= end) return;
  try {
    for await (const event of training.run({ signal })) {
      if (event.kind === 'epoch') {
        const { kind: _, ...measured } = event;
        await appendJsonLine(metrics, measured);
        await saveCheckpoint(training, home);
      }
      yield event;
      if (event.kind === 'epoch' && event.epoch === end) return;
    }
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    await saveCheckpoint(training, home);
  }
}

/** The folder's name: by the recipe and by what it does not say, so that no run goes on with what another has learnt. Of a method of one's own it includes the code of `create` alone. */
function key(decisive: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex').slice(0, 12);
}

async function told(metrics: string, count: number): Promise<LiveEvent[]> {
  return (await finishedEpochs(metrics))
    .filter(({ epoch }) => epoch <= count)
    .map((measured) => ({ kind: 'epoch', ...measured }));
}
