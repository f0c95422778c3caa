import { UserError } from '../../errors';
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
  const rounds = Math.max(1, Math.ceil(Math.log(candidates) / Math.log(factor) - 1e-9));
  let round = 0;
  const trialsOf = (exponents: readonly number[]): Trial[] => {
    const roundEpochs = Math.max(1, Math.round(epochs / factor ** (rounds - 1 - round)));
    return exponents.map((exponent) => ({ exponent, seed, epochs: roundEpochs }));
  };
  let waiting = trialsOf(Array.from({ length: candidates }, (_, i) => roundTo4(range.low + i * step)));
  let roundSize = waiting.length;
  let results: Result[] = [];
  return {
    ask: () => Promise.resolve(waiting.shift()),
    tell: ({ exponent }, top1) => {
      results.push({ exponent, top1 });
      if (results.length === roundSize && round < rounds - 1) {
        round++;
        waiting = trialsOf(best(results, Math.ceil(results.length / factor)));
        roundSize = waiting.length;
        results = [];
      }
      return Promise.resolve();
    },
    close: () => undefined,
  };
}

interface Result {
  readonly exponent: number;
  readonly top1: number;
}

/** The exponents of the best results, in ascending order. */
function best(results: readonly Result[], count: number): number[] {
  const sorted = [...results].sort((a, b) => b.top1 - a.top1 || a.exponent - b.exponent);
  return sorted
    .slice(0, count)
    .map(({ exponent }) => exponent)
    .sort((a, b) => a - b);
}

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
