import { student } from '../../experiments/laptop';
import type { Method } from '../../methods/method';
import type { Profile } from '../../profile';
import { liveRun } from '../execution/liveRun';
import { studyDataset, studyTeacher, type Warn } from './studyInputs';

export interface MethodSettings {
  readonly profile: Profile;
  /** Number of training images. */
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Number of test images. */
  readonly testImages: number;
}

/** A short run of one method, filled in while it trains. */
export interface MethodRun {
  readonly name: string;
  readonly epochs: readonly number[];
  /** Top-1 after each epoch in per cent. */
  readonly top1: readonly number[];
  /** The parts of the loss, averaged over the last epoch. */
  readonly parts: Readonly<Record<string, number>>;
}

/**
 * Trains the transformer student with the CNN teacher, first with KD and then with a method of your own, on the same
 * images in the same order. Yields both runs after each epoch. When the signal fires, it ends after the current step.
 */
export async function* methodStudy(
  method: Method,
  { profile, images, epochs, batchSize, testImages }: MethodSettings,
  { warn, signal }: { readonly warn: Warn; readonly signal: AbortSignal },
): AsyncGenerator<readonly MethodRun[], void> {
  const recipe = {
    ...student('transformer', 'cnn', { kind: 'kd' }),
    teacher: studyTeacher(profile, warn),
    data: { name: studyDataset(profile), trainImages: images },
    epochs,
    batchSize,
    evaluateEvery: 1,
  };
  const runs: MethodRun[] = ['KD', method.title].map((name) => ({ name, epochs: [], top1: [], parts: {} }));
  for (const [i, own] of [undefined, method].entries()) {
    const named = { ...recipe, method: { kind: own ? 'own' : 'kd' } };
    const options = { folder: 'runs/live', testImages, method: own, warn, signal };
    for await (const event of liveRun(named, options)) {
      if (event.kind === 'step') continue;
      const { name, epochs: done, top1 } = runs[i]!;
      runs[i] = { name, epochs: [...done, event.epoch], top1: [...top1, event.top1 ?? NaN], parts: event.parts };
      yield [...runs];
    }
  }
}
