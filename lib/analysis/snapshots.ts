import { copyModel } from '../models/zoo';
import type { Model } from '../models/model';
import { disposeModule } from '../models/parameter';
import type { StepEvent } from '../training/event';
import type { Training } from '../training/training';

/** A student as it was after so many steps. */
export interface Snapshot {
  readonly step: number;
  readonly model: Model;
}

export interface SnapshotOptions {
  readonly onStep?: (event: StepEvent) => void;
  readonly signal?: AbortSignal;
}

/**
 * Trains and keeps copies of the student: before the first step, after each of the given numbers of steps, and at the end. Stopped by
 * its signal it ends where it is. The caller frees the copies.
 */
export async function trainWithSnapshots(
  training: Training,
  steps: readonly number[],
  { onStep, signal }: SnapshotOptions = {},
): Promise<Snapshot[]> {
  const kept: Snapshot[] = [{ step: 0, model: copyModel(training.student) }];
  const keep = (step: number): void => void kept.push({ step, model: copyModel(training.student) });
  let done = 0;
  try {
    for await (const event of training.run()) {
      if (event.kind !== 'step') continue;
      onStep?.(event);
      done++;
      if (steps.includes(done)) keep(done);
      if (signal?.aborted) break;
    }
    if (kept[kept.length - 1]!.step < done) keep(done);
    return kept;
  } catch (error) {
    for (const { model } of kept) disposeModule(model);
    throw error;
  }
}
