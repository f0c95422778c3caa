import { part } from '../../data/images/part';
import { UserError } from '../../errors';
import { disposeModule } from '../../models/parameter';
import type { EpochRecord } from '../../results/records/record';
import { Random } from '../../tensor/random';
import { predictions } from '../../training/evaluate';
import { completeRecipe, type RecipeInput } from '../../training/recipe/recipe';
import type { Resources } from '../../training/training';
import { liveRun } from '../job/liveRun';
import { loadData, teacherFor } from '../job/materials';
import type { Sampler, Trial } from './sampler';

/** A trial and how far it has come. */
export interface TrialState extends Trial {
  readonly history: readonly EpochRecord[];
  readonly finished: boolean;
}

export interface StudyOptions {
  /** The recipe of a trial, which must differ from trial to trial in ε and seed alone, and be measured after every epoch. */
  readonly recipeOf: (trial: Trial) => RecipeInput;
  /** Where each trial is kept: a trial of an earlier call is told from there and goes on from there. */
  readonly folder: string;
  /** Of the images to measure with, so many are taken; all unless told. */
  readonly measuredImages?: number;
  /** The study ends after so many seconds, within a trial with its checkpoint, and is gone on with by the next call. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
}

/** Runs the trials that a sampler proposes, one after the other, and tells of each after every epoch. Ends when the sampler, the time or the signal does. */
export async function* study(
  sampler: Sampler,
  { recipeOf, folder, measuredImages, seconds = Infinity, signal }: StudyOptions,
): AsyncGenerator<TrialState, void> {
  const deadline = new AbortController();
  const timer = Number.isFinite(seconds) ? setTimeout(() => deadline.abort(), seconds * 1000) : undefined;
  const stop = AbortSignal.any([deadline.signal, ...(signal ? [signal] : [])]);
  let materials: Omit<Resources, 'method'> | undefined;
  try {
    for (let trial = await sampler.ask(); trial; trial = await sampler.ask()) {
      if (stop.aborted) return;
      materials ??= await materialsOf(recipeOf(trial), measuredImages);
      const history: EpochRecord[] = [];
      for await (const event of liveRun(recipeOf(trial), {
        folder,
        materials,
        until: trial.epochs,
        keep: true,
        signal: stop,
      })) {
        if (event.kind !== 'epoch') continue;
        const { kind: _, ...measured } = event;
        history.push(measured);
        yield { ...trial, history: [...history], finished: history.length === trial.epochs };
      }
      if (history.length < trial.epochs) return;
      const { top1 } = history[history.length - 1]!;
      if (top1 === undefined)
        throw new UserError('A trial was not measured at its end: its recipe needs evaluateEvery: 1.');
      await sampler.tell(trial, top1);
    }
  } finally {
    clearTimeout(timer);
    sampler.close();
    if (materials?.teacher) disposeModule(materials.teacher);
  }
}

/** Images, teacher, and what the teacher says of them, once for all trials. */
async function materialsOf(given: RecipeInput, measuredImages: number | undefined): Promise<Omit<Resources, 'method'>> {
  const recipe = completeRecipe(given);
  const { train, test: all } = await loadData(recipe.data, recipe.imageSize);
  const test =
    measuredImages === undefined || measuredImages >= all.count
      ? all
      : part(all, measuredImages, new Random(0).fork('measured'));
  const teacher = teacherFor(recipe, { train, test })?.model;
  return { train, test, ...(teacher && { teacher, taught: await predictions(teacher, test) }) };
}
