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

/** What one step adds to a position. */
export interface StepProgress {
  /** Every weighted part of the loss. */
  readonly parts: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** The part of `seconds` in which the step waited for its images. */
  readonly waited: number;
}

/** The position after one more step of the same epoch. */
export function afterStep({ epoch, step, sums, seconds, waited }: Position, done: StepProgress): Position {
  return {
    epoch,
    step: step + 1,
    sums: Object.fromEntries(Object.entries(done.parts).map(([name, value]) => [name, (sums[name] ?? 0) + value])),
    seconds: seconds + done.seconds,
    waited: waited + done.waited,
  };
}
