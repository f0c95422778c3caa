import { copyModel } from '../models/zoo';
import type { Model } from '../models/model';
import { disposeModule } from '../models/parameter';
import type { StepEvent } from '../training/event';
import type { Training } from '../training/training';

/** A copy of the student after a number of steps. */
export interface Snapshot {
  readonly step: number;
  readonly model: Model;
}

export interface SnapshotOptions {
  readonly onStep?: (event: StepEvent) => void;
  /** Ends the training between two steps. */
  readonly signal?: AbortSignal;
}

/**
 * Trains, and copies the student before the first step, after each of the given numbers of steps, and at the end. The
 * caller frees the copies.
 */
export async function trainWithSnapshots(
  training: Training,
  steps: readonly number[],
  { onStep, signal }: SnapshotOptions = {},
): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  const take = (step: number): void =>
    void snapshots.push({ step, model: copyModel(training.student, training.networks) });
  let done = 0;
  take(done);
  try {
    for await (const event of training.run()) {
      if (event.kind !== 'step') continue;
      onStep?.(event);
      done++;
      if (steps.includes(done)) take(done);
      if (signal?.aborted) break;
    }
    if (snapshots[snapshots.length - 1]!.step < done) take(done);
    return snapshots;
  } catch (error) {
    for (const { model } of snapshots) disposeModule(model);
    throw error;
  }
}
