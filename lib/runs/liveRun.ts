import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { part } from '../data/part';
import { appendJsonLine, readJsonLines } from '../io/jsonLines';
import { disposeModule } from '../models/parameter';
import { epochRecord, type EpochRecord } from '../results/record';
import { Random } from '../tensor/random';
import { restoreCheckpoint, saveCheckpoint } from '../training/checkpoint';
import type { StepEvent } from '../training/event';
import { completeRecipe, recipeId, type RecipeInput } from '../training/recipe';
import { Training, type Resources } from '../training/training';
import { loadData, teacherFor, type Data } from './materials';

export type LiveEvent = StepEvent | ({ readonly kind: 'epoch' } & EpochRecord);

export interface LiveOptions {
  /** Where a stopped run leaves its checkpoint. */
  readonly folder: string;
  /** Test images, drawn evenly from the classes, that each epoch is evaluated on; all of them unless told. */
  readonly testImages?: number;
  /** A method that is not in the list, such as one written in the notebook. */
  readonly method?: Resources['method'];
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
 */
export async function* liveRun(given: RecipeInput, { folder, testImages, method, materials, until, keep = false, warn, signal }: LiveOptions): AsyncGenerator<LiveEvent, void> {
  const recipe = completeRecipe(given, { method });
  const end = Math.min(until ?? recipe.epochs, recipe.epochs);
  const { train, test, notice }: Data = materials ?? await loadData(recipe.data, recipe.imageSize, { standIn: warn !== undefined });
  if (notice !== undefined) warn?.(notice);
  // What made-up images have taught is never gone on with on real ones.
  const home = path.join(folder, `${recipeId(recipe)}${notice === undefined ? '' : '-made-up'}`);
  const metrics = path.join(home, 'metrics.jsonl');
  await mkdir(home, { recursive: true });
  const known = keep ? await finishedEpochs(metrics, end) : [];
  if (known.length === end) {
    for (const event of known) yield event;
    return;
  }
  const seen = testImages === undefined || testImages >= test.count ? test : part(test, testImages, new Random(0).fork('live'));
  const own = materials ? undefined : teacherFor(recipe, { train, test: seen }, method)?.model;
  const teacher = materials?.teacher ?? own;
  const training = new Training(recipe, { ...materials, train, test: seen, ...(teacher && { teacher }), ...(method && { method }) });
  try {
    if (restoreCheckpoint(training, home) === undefined) await rm(metrics, { force: true });
    else for (const event of await finishedEpochs(metrics, training.position.epoch)) yield event;
    for await (const event of training.run({ signal })) {
      if (event.kind === 'epoch') {
        const { kind: _, ...measured } = event;
        await appendJsonLine(metrics, measured);
        await saveCheckpoint(training, home);
      }
      yield event;
      if (event.kind === 'epoch' && event.epoch === end) break;
    }
    if (!keep && end === recipe.epochs) await rm(home, { recursive: true, force: true });
  } catch (error) {
    if (!signal?.aborted) throw error;
    await saveCheckpoint(training, home);
  } finally {
    training.dispose();
    if (own) disposeModule(own);
  }
}

async function finishedEpochs(file: string, count: number): Promise<LiveEvent[]> {
  // Stopped in its first epoch, a run has written none.
  if (!existsSync(file)) return [];
  const epochs = await readJsonLines(file, (value) => epochRecord.parse(value));
  // A run that was killed between its metrics and its checkpoint has written an epoch twice.
  return [...new Map(epochs.map((measured) => [measured.epoch, measured])).values()].filter(({ epoch }) => epoch <= count).map((measured) => ({ kind: 'epoch', ...measured }));
}
