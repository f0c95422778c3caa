import { trainWithSnapshots } from '../../analysis/snapshots';
import type { InMemoryDataset } from '../../data/datasets/dataset';
import { student } from '../../experiments/laptop';
import type { Model } from '../../models/model';
import type { Profile } from '../../profile';
import { parseRecipe } from '../../training/recipe/completeRecipe';
import { Training } from '../../training/training';
import { loadStudyInputs, studyDataset, studyTeacher, type Warn } from './studyInputs';

export interface SnapshotSettings {
  readonly profile: Profile;
  readonly method: string;
  /** Number of training images. */
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Numbers of steps after which to copy the student. */
  readonly snapshots: readonly number[];
}

/** A copy of the student after a number of training images. The caller disposes the model. */
export interface StudentSnapshot {
  readonly images: number;
  readonly model: Model;
}

/** A training run that keeps copies of the student. */
export interface SnapshotStudy {
  /** The frozen teacher; the caller disposes it. */
  readonly teacher: Model;
  readonly test: InMemoryDataset;
  /** Number of training steps. */
  readonly steps: number;
  /** Trains and returns the copies: before the first step, after the given numbers of steps, and at the end. */
  run(options: {
    readonly onStep: (done: number, loss: number) => void;
    readonly signal: AbortSignal;
  }): Promise<StudentSnapshot[]>;
}

/** Prepares a short distillation of the transformer student from the CNN teacher. `run` may be called once. */
export async function snapshotStudy(settings: SnapshotSettings, warn: Warn): Promise<SnapshotStudy> {
  const { profile, method, images, epochs, batchSize, snapshots } = settings;
  const { train, test, teacher } = await loadStudyInputs(profile, warn, { trainImages: images, testImages: 500 });
  const recipe = parseRecipe({
    ...student('transformer', 'cnn', { kind: 'kd' }),
    method: method === 'ofa' ? { kind: 'ofa', exponent: 1.2 } : { kind: method },
    teacher: studyTeacher(profile, () => undefined),
    data: { name: studyDataset(profile), trainImages: images },
    epochs,
    batchSize,
    // As rarely as possible: the study evaluates nothing but similarity.
    evaluateEvery: epochs,
  });
  const training = new Training(recipe, { train, test, teacher });
  return {
    teacher,
    test,
    steps: epochs * training.stepsPerEpoch,
    async run({ onStep, signal }) {
      try {
        const kept = await trainWithSnapshots(training, snapshots, {
          onStep: ({ epoch, step, steps, loss }) => onStep((epoch - 1) * steps + step, loss),
          signal,
        });
        return kept.map(({ step, model }) => ({ images: step * batchSize, model }));
      } finally {
        training.dispose();
      }
    },
  };
}
