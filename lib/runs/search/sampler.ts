import { UserError } from '../../errors';

/** One run of a study of ε: a value with a seed, trained as far as so many epochs of its recipe. */
export interface Trial {
  readonly exponent: number;
  readonly seed: number;
  readonly epochs: number;
}

/** What proposes the next trial, and hears of what came of it. Equal answers give equal proposals, so that a study can be taken up again. */
export interface Sampler {
  /** Undefined where the study is over. */
  ask(): Promise<Trial | undefined>;
  /** Top-1 in per cent on images that were not trained on. */
  tell(trial: Trial, top1: number): Promise<void>;
  /** Frees what it holds. */
  close(): void;
}

/** The values of ε that a search may propose. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Every value with every seed, all values of one seed before the next seed: intervals narrow everywhere at once. */
export function gridSampler(exponents: readonly number[], seeds: readonly number[], epochs: number): Sampler {
  const trials = seeds.flatMap((seed) => exponents.map((exponent): Trial => ({ exponent, seed, epochs })));
  return { ask: () => Promise.resolve(trials.shift()), tell: () => Promise.resolve(), close: () => undefined };
}

/** Throws unless the values of a range are positive and in order. */
export function checkRange({ low, high }: Range): void {
  if (!(low > 0 && high > low && Number.isFinite(high)))
    throw new UserError(`A range of ε needs 0 < low < high; it was given ${low} to ${high}.`);
}
