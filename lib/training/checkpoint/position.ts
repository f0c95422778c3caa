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

/** The time of one step. */
export type StepTime = Pick<Position, 'seconds' | 'waited'>;

/** The position after one more step of the same epoch. `withParts` adds its loss parts. */
export function afterStep(position: Position, { seconds, waited }: StepTime): Position {
  return {
    ...position,
    step: position.step + 1,
    seconds: position.seconds + seconds,
    waited: position.waited + waited,
  };
}

/** Adds the weighted loss parts of a step. */
export function withParts(position: Position, parts: Readonly<Record<string, number>>): Position {
  const { sums } = position;
  return {
    ...position,
    sums: Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, (sums[name] ?? 0) + value])),
  };
}
