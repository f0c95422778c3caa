import { UserError } from '../../errors';

/** One run of a search over ε: a value and a seed, trained for the first `epochs` epochs of its recipe. */
export interface Trial {
  readonly exponent: number;
  readonly seed: number;
  readonly epochs: number;
}

/**
 * Proposes trials and learns from their results. Equal results lead to equal proposals, so that a search can be
 * resumed.
 */
export interface Sampler {
  /** The next trial; undefined when the search is over. */
  ask(): Promise<Trial | undefined>;
  /** Reports the result of a trial: top-1 in per cent on images that were not trained on. */
  tell(trial: Trial, top1: number): Promise<void>;
  /** Releases its resources. */
  close(): void;
}

/** The interval of ε that a search covers. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Every value with every seed. All values of one seed come before the next seed, so that all confidence intervals
 * narrow together.
 */
export function gridSampler(exponents: readonly number[], seeds: readonly number[], epochs: number): Sampler {
  const trials = seeds.flatMap((seed) => exponents.map((exponent): Trial => ({ exponent, seed, epochs })));
  return { ask: () => Promise.resolve(trials.shift()), tell: () => Promise.resolve(), close: () => undefined };
}

/** Throws a UserError unless 0 < low < high. */
export function checkRange({ low, high }: Range): void {
  if (low > 0 && high > low && Number.isFinite(high)) return;
  throw new UserError(`The range of ε is ${low} to ${high}, but it must satisfy 0 < low < high.`);
}
