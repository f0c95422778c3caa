import { stratifiedSample } from '../../data/datasets/holdOut';
import { UserError } from '../../errors';
import { disposeModule } from '../../models/parameter';
import type { EpochRecord } from '../../results/records/record';
import { Random } from '../../tensor/random';
import { predictions } from '../../training/evaluation/evaluate';
import { completeRecipe } from '../../training/recipe/completeRecipe';
import type { RecipeInput } from '../../training/recipe/recipe';
import type { Resources } from '../../training/setup/resources';
import { liveRun } from '../execution/liveRun';
import { loadData } from '../inputs/data';
import { loadRecipeTeacher } from '../inputs/teacher';
import type { Sampler, Trial } from './sampler';

/** A trial and its epochs so far. */
export interface TrialState extends Trial {
  readonly history: readonly EpochRecord[];
  readonly finished: boolean;
}

export interface StudyOptions {
  /** The recipe of a trial. Recipes may differ in ε and seed only, and must be evaluated after every epoch. */
  readonly recipeOf: (trial: Trial) => RecipeInput;
  /** The folder of all trials. Trials of an earlier call are read from it, and resumed. */
  readonly folder: string;
  /** Number of held-out images for each evaluation. Default: all. */
  readonly measuredImages?: number;
  /**
   * Time limit in seconds. The study ends within a trial, with a checkpoint, and the next call resumes. Default:
   * none.
   */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs the trials that a sampler proposes, one after the other. Yields the state of a trial after each of its epochs.
 * Ends with the sampler's last trial, at the time limit, or when the signal fires.
 */
export async function* study(sampler: Sampler, options: StudyOptions): AsyncGenerator<TrialState, void> {
  const { recipeOf, folder, measuredImages, seconds = Infinity, signal } = options;
  const deadline = new AbortController();
  const timer = Number.isFinite(seconds) ? setTimeout(() => deadline.abort(), seconds * 1000) : undefined;
  const stop = AbortSignal.any([deadline.signal, ...(signal ? [signal] : [])]);
  let materials: Omit<Resources, 'method'> | undefined;
  try {
    for (let trial = await sampler.ask(); trial; trial = await sampler.ask()) {
      if (stop.aborted) return;
      const recipe = recipeOf(trial);
      materials ??= await loadMaterials(recipe, measuredImages);
      const history: EpochRecord[] = [];
      for await (const event of liveRun(recipe, { folder, materials, until: trial.epochs, keep: true, signal: stop })) {
        if (event.kind !== 'epoch') continue;
        const { kind: _, ...metrics } = event;
        history.push(metrics);
        yield { ...trial, history: [...history], finished: history.length === trial.epochs };
      }
      if (history.length < trial.epochs) return;
      await sampler.tell(trial, finalTop1(history));
    }
  } finally {
    clearTimeout(timer);
    sampler.close();
    if (materials?.teacher) disposeModule(materials.teacher);
  }
}

function finalTop1(history: readonly EpochRecord[]): number {
  const { top1 } = history[history.length - 1]!;
  if (top1 === undefined) {
    throw new UserError('A trial has no accuracy after its last epoch. Set evaluateEvery: 1 in its recipe.');
  }
  return top1;
}

/** The images, the teacher, and its predictions for the held-out images: loaded once for all trials. */
async function loadMaterials(
  given: RecipeInput,
  measuredImages: number | undefined,
): Promise<Omit<Resources, 'method'>> {
  const recipe = completeRecipe(given);
  const { train, test: all } = await loadData(recipe.data, recipe.imageSize);
  const takesAll = measuredImages === undefined || measuredImages >= all.count;
  const test = takesAll ? all : stratifiedSample(all, measuredImages, new Random(0).fork('measured'));
  const teacher = loadRecipeTeacher(recipe, { train, test })?.model;
  return { train, test, ...(teacher && { teacher, teacherPredictions: await predictions(teacher, test) }) };
}
