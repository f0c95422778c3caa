/** Where a run stands between two steps, as plain numbers. */
export interface Position {
  /** Epochs finished, and steps of the next one. */
  readonly epoch: number;
  readonly step: number;
  /** Sums of the loss parts over the steps of the unfinished epoch, and its seconds so far. */
  readonly sums: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Those of them in which a step waited for its images. */
  readonly waited: number;
}

/** Where a run begins. */
export const start: Position = { epoch: 0, step: 0, sums: {}, seconds: 0, waited: 0 };
