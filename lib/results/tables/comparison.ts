import type { PaperScale } from '../../experiments/counterparts';
import type { PublishedCell } from '../published';
import type { RecordedRow } from '../records/recordedRows';

/** A number of the paper, ours at the laptop's size, and how to run it at the paper's. */
export interface Comparison {
  readonly label: string;
  /** Absent where the paper has no such number, or where it was not seen. */
  readonly published?: PublishedCell;
  /** Absent where the laptop has no counterpart. */
  readonly ours?: RecordedRow;
  /** Absent where the row is not among the recipes. */
  readonly paper?: PaperScale;
}
