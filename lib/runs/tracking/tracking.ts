import type { EpochRecord } from '../../results/records/record';
import type { StepEvent } from '../../training/event';
import type { Job } from '../plan/job';
import { mlflow } from './mlflow';
import { tensorBoard } from './tensorBoard';
import type { Ending, Tracker } from './tracker';

export interface TrackingOptions {
  /** Address of an MLflow server. Default: MLFLOW_TRACKING_URI; without either, MLflow is not used. */
  readonly mlflow?: string;
  /** Receives the first error of each tracker. */
  readonly onError: (text: string) => void;
}

/** All trackers of a run. Its functions do not throw. */
export interface Tracking {
  step(event: StepEvent, updates: number): void;
  epoch(record: EpochRecord, updates: number): void;
  end(ending: Ending): Promise<void>;
}

/**
 * Starts to show a run in TensorBoard and, if an address is given, in MLflow. Errors of a tracker do not end the run.
 */
export async function startTracking(
  job: Job,
  runFolder: string,
  { mlflow: address = process.env['MLFLOW_TRACKING_URI'], onError }: TrackingOptions,
): Promise<Tracking> {
  const reported = new Set<string>();
  const reportErrors = async (name: string, work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (reported.has(name)) return;
      reported.add(name);
      const message = error instanceof Error ? error.message : String(error);
      onError(`${name}: ${message}. The run continues, and metrics.jsonl has all values.`);
    }
  };
  const trackers: Tracker[] = [];
  await reportErrors('TensorBoard', async () => {
    const board = await tensorBoard(job, runFolder);
    if (board) trackers.push(board);
  });
  if (address) await reportErrors('MLflow', () => trackers.push(mlflow(job, runFolder, address)));

  const each = async (work: (tracker: Tracker) => unknown): Promise<void> => {
    await Promise.all(trackers.map((tracker) => reportErrors(tracker.name, () => work(tracker))));
  };
  return {
    step: (event, updates) => void each((tracker) => tracker.step?.(event, updates)),
    epoch: (record, updates) => void each((tracker) => tracker.epoch(record, updates)),
    end: (ending) => each((tracker) => tracker.end(ending)),
  };
}
