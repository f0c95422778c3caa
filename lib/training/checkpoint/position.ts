/** Position of a run between two steps. */
export interface Position {
  /** Number of finished epochs. */
  readonly epoch: number;
  /** Number of finished steps of the next epoch. */
  readonly step: number;
  /** Sums of the loss parts over the steps of the unfinished epoch. */
  readonly sums: Readonly<Record<string, number>>;
  /** Seconds of the unfinished epoch so far. */
  readonly seconds: number;
  /** The part of `seconds` in which steps waited for their images. */
  readonly waited: number;
}

/** The position before the first step. */
export const start: Position = { epoch: 0, step: 0, sums: {}, seconds: 0, waited: 0 };
