import type { PaperScale } from '../../experiments/paper/counterparts';
import type { PublishedCell } from '../published';
import type { RecordedRow } from './recordedRows';

/** One line of a comparison: the published number, our small-scale result, and the recipe at the paper's scale. */
export interface Comparison {
  readonly label: string;
  /** Omitted if the paper has no such number, or none is known to us. */
  readonly published?: PublishedCell;
  /** Omitted if the laptop profile has no counterpart. */
  readonly ours?: RecordedRow;
  /** Omitted if the paper profile has no such row. */
  readonly paper?: PaperScale;
}
