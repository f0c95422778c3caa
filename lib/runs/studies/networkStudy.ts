import type { InMemoryDataset } from '../../data/datasets/dataset';
import { student } from '../../experiments/laptop';
import type { Model } from '../../models/model';
import type { OwnNetworks } from '../../models/own/network';
import { copyModel } from '../../models/zoo';
import { isAbort } from '../../errors';
import { parseRecipe } from '../../training/recipe/completeRecipe';
import { Training } from '../../training/training';
import type { MethodSettings } from './methodStudy';
import { loadStudyInputs, studyDataset, studyTeacher, type Warn } from './studyInputs';

/** A short run of a network of your own, filled in while it trains. */
export interface NetworkRun {
  /** The name of the method. */
  readonly name: string;
  readonly epochs: readonly number[];
  /** Top-1 after each epoch in per cent. */
  readonly top1: readonly number[];
  /** The trained student, after the last epoch. The caller disposes it. */
  readonly model?: Model;
}

/** A network of your own as the student of the CNN teacher. */
export interface NetworkStudy {
  /** The frozen teacher; the caller disposes it. */
  readonly teacher: Model;
  readonly test: InMemoryDataset;
  /**
   * Trains the student from scratch and then with OFA, on the same images in the same order. Yields both runs after
   * each epoch. When the signal fires, it ends after the current step.
   */
  run(signal: AbortSignal): AsyncGenerator<readonly NetworkRun[], void>;
}

/** Prepares a short distillation of the network `name` from the CNN teacher. */
export async function networkStudy(
  name: string,
  networks: OwnNetworks,
  { profile, images, epochs, batchSize, testImages }: MethodSettings,
  warn: Warn,
): Promise<NetworkStudy> {
  const { train, test, teacher } = await loadStudyInputs(profile, warn, { trainImages: images, testImages });
  const common = {
    ...student('transformer', 'cnn', { kind: 'scratch' }),
    student: name,
    data: { name: studyDataset(profile), trainImages: images },
    epochs,
    batchSize,
    evaluateEvery: 1,
  };
  const named = { teacher: studyTeacher(profile, () => undefined), method: { kind: 'ofa', exponent: 1.2 } };
  const recipes = [
    ['from scratch', parseRecipe({ ...common, teacher: null }, { networks })],
    ['OFA', parseRecipe({ ...common, ...named }, { networks })],
  ] as const;
  return {
    teacher,
    test,
    async *run(signal) {
      const runs: NetworkRun[] = recipes.map(([title]) => ({ name: title, epochs: [], top1: [] }));
      for (const [i, [title, recipe]] of recipes.entries()) {
        const training = new Training(recipe, { train, test, teacher, networks });
        try {
          for await (const event of training.run({ signal })) {
            if (event.kind === 'step') continue;
            const { epochs: done, top1 } = runs[i]!;
            const model = event.epoch === epochs && copyModel(training.student, networks);
            const results = { epochs: [...done, event.epoch], top1: [...top1, event.top1 ?? NaN] };
            runs[i] = { name: title, ...results, ...(model && { model }) };
            yield [...runs];
          }
        } catch (error) {
          if (isAbort(error, signal)) return;
          throw error;
        } finally {
          training.dispose();
        }
      }
    },
  };
}
