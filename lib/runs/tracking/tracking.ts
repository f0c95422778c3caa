import type { EpochRecord } from '../../results/records/record';
import type { StepEvent } from '../../training/event';
import type { Job } from '../job/job';
import { mlflow } from './mlflow';
import { tensorBoard } from './tensorBoard';
import type { Ending, Tracker } from './tracker';

export interface TrackingOptions {
  /** Address of an MLflow server; that in MLFLOW_TRACKING_URI unless told. */
  readonly mlflow?: string;
  /** Hears the first fault of each tracker. */
  readonly onFault: (text: string) => void;
}

/** All trackers of a run. */
export interface Tracking {
  step(event: StepEvent, updates: number): void;
  epoch(record: EpochRecord, updates: number): void;
  end(ending: Ending): Promise<void>;
}

/** Shows a run in TensorBoard and, where its address is known, in MLflow. Their faults are told once and never end the run. */
export async function track(
  job: Job,
  home: string,
  { mlflow: address = process.env['MLFLOW_TRACKING_URI'], onFault }: TrackingOptions,
): Promise<Tracking> {
  const told = new Set<string>();
  const safely = async (name: string, work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!told.has(name))
        onFault(
          `${name}: ${error instanceof Error ? error.message : String(error)}. The run goes on, and metrics.jsonl has everything.`,
        );
      told.add(name);
    }
  };
  const trackers: Tracker[] = [];
  await safely('TensorBoard', async () => {
    const board = await tensorBoard(job, home);
    if (board) trackers.push(board);
  });
  if (address) await safely('MLflow', () => trackers.push(mlflow(job, home, address)));
  const each = (work: (tracker: Tracker) => unknown): Promise<void[]> =>
    Promise.all(trackers.map((tracker) => safely(tracker.name, () => work(tracker))));
  return {
    step: (event, updates) => void each((tracker) => tracker.step?.(event, updates)),
    epoch: (record, updates) => void each((tracker) => tracker.epoch(record, updates)),
    end: async (ending) => void (await each((tracker) => tracker.end(ending))),
  };
}
