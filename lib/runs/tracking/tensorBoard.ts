import path from 'node:path';
import type { EpochRecord } from '../../results/records/record';
import { openSummaries } from '../../tensor/engine/summaries';
import type { Job } from '../plan/job';
import { scalarsOf, type Tracker } from './tracker';

/**
 * Writes event files inside the run's folder: `tensorboard --logdir runs` shows every run by its row and seed.
 * Undefined if the engine cannot write them.
 */
export async function tensorBoard({ row, recipe: { seed } }: Job, runFolder: string): Promise<Tracker | undefined> {
  const summaries = await openSummaries(path.join(runFolder, 'tensorboard', `${row}-seed${seed}`));
  if (!summaries) return undefined;
  return {
    name: 'TensorBoard',
    step: ({ loss, learningRate }, updates) => {
      summaries.scalar('step/loss', loss, updates);
      summaries.scalar('step/learningRate', learningRate, updates);
    },
    epoch: (record: EpochRecord, updates) => {
      for (const [tag, value] of scalarsOf(record)) summaries.scalar(tag, value, updates);
      summaries.flush();
    },
    end: () => summaries.flush(),
  };
}
