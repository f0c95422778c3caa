import type { UnreadableImage } from '../data/loading/batchData';
import type { Group } from './step/processGroup';

/** How a run is executed. Except for `group`, which rounds sums differently, results do not depend on it. */
export interface RunOptions {
  /** Stops the run between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Threads that prepare images. Default: as many as the recipe's augmentation needs. */
  readonly workers?: number | undefined;
  /** Called once for each image that cannot be read. */
  readonly onUnreadable?: ((image: UnreadableImage) => void) | undefined;
  /** Processes that train together on each batch. Only the first of them evaluates. Default: this process alone. */
  readonly group?: Group | undefined;
}
