import { UserError } from '../../errors';
import { searchState } from './rounds';
import { checkRange, type Range, type Sampler, type Trial } from './sampler';

export interface HalvingOptions extends Range {
  /** Number of values in the first round, evenly spaced over the range. */
  readonly candidates: number;
  /** Epochs of the recipe, to which the last round is trained. */
  readonly epochs: number;
  /** One candidate in `factor` reaches the next round, which has `factor` times the epochs. Default: 2. */
  readonly factor?: number;
  readonly seed?: number;
}

/**
 * Successive halving (Jamieson and Talwalkar 2016): trains all candidates for a few epochs, continues the best ones,
 * and trains the last few for all epochs. Of equal results the smaller value continues.
 */
export function successiveHalving({ candidates, epochs, factor = 2, seed = 0, ...range }: HalvingOptions): Sampler {
  checkRange(range);
  checkIntegers(candidates, factor);
  const step = (range.high - range.low) / (candidates - 1);
  const trials = new Map<string, Trial>();
  const results = new Map<string, number>();
  const exponents = Array.from({ length: candidates }, (_, i) => roundTo4(range.low + i * step));
  const count = Math.max(1, Math.ceil(Math.log(candidates) / Math.log(factor) - 1e-9));
  const rounds = Array.from({ length: count }, (_, round) => ({
    size: Math.ceil(candidates / factor ** round),
    rows: exponents.map((exponent) => {
      const trial = { exponent, seed, epochs: Math.max(1, Math.round(epochs / factor ** (count - 1 - round))) };
      trials.set(rowOf(trial), trial);
      return rowOf(trial);
    }),
  }));
  return {
    ask: () => {
      const [next] = searchState({ name: 'exponent', rounds }, (row) => results.get(row)).missing;
      return Promise.resolve(next === undefined ? undefined : trials.get(next));
    },
    tell: (trial, top1) => {
      results.set(rowOf(trial), top1);
      return Promise.resolve();
    },
    close: () => undefined,
  };
}

const rowOf = ({ exponent, epochs }: Trial): string => `${exponent} for ${epochs} epochs`;

function checkIntegers(candidates: number, factor: number): void {
  const valid = Number.isInteger(candidates) && candidates >= 2 && Number.isInteger(factor) && factor >= 2;
  if (valid) return;
  throw new UserError(
    `Successive halving needs at least 2 candidates and an integer factor of at least 2; ` +
      `it was given ${candidates} and ${factor}.`,
  );
}

/** Rounds to 4 decimals: 1.2 instead of 1.2000000000000002. */
function roundTo4(value: number): number {
  return Number(value.toFixed(4));
}
