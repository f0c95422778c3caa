import { UserError } from '../../errors';
import { checkRange, type Range, type Sampler, type Trial } from './sampler';

export interface HalvingOptions extends Range {
  /** Values that begin, evenly spaced over the range. */
  readonly candidates: number;
  /** Epochs of the recipe, which the last ones are trained to. */
  readonly epochs: number;
  /** One of so many goes on from each round to the next, with so many times the epochs; 2 unless told. */
  readonly factor?: number;
  readonly seed?: number;
}

/**
 * Successive halving (Jamieson and Talwalkar 2016): all candidates are trained a little, the best of them on from where they stood, the
 * last few to the full number of epochs. Of equals the smaller value goes on.
 */
export function successiveHalving({ candidates, epochs, factor = 2, seed = 0, ...range }: HalvingOptions): Sampler {
  checkRange(range);
  if (!(Number.isInteger(candidates) && candidates >= 2 && Number.isInteger(factor) && factor >= 2)) {
    throw new UserError(
      `Successive halving needs at least 2 candidates and a factor of at least 2; it was given ${candidates} and ${factor}.`,
    );
  }
  const exponents = Array.from({ length: candidates }, (_, i) =>
    rounded(range.low + ((range.high - range.low) * i) / (candidates - 1)),
  );
  const rounds = Math.max(1, Math.ceil(Math.log(candidates) / Math.log(factor) - 1e-9));
  let round = 0;
  let waiting = roundOf(exponents);
  let told: { readonly exponent: number; readonly top1: number }[] = [];
  let open = waiting.length;
  function roundOf(values: readonly number[]): Trial[] {
    const reached = Math.max(1, Math.round(epochs / factor ** (rounds - 1 - round)));
    return values.map((exponent) => ({ exponent, seed, epochs: reached }));
  }
  return {
    ask: () => Promise.resolve(waiting.shift()),
    tell: ({ exponent }, top1) => {
      told.push({ exponent, top1 });
      if (told.length === open && round < rounds - 1) {
        round++;
        const best = [...told]
          .sort((a, b) => b.top1 - a.top1 || a.exponent - b.exponent)
          .slice(0, Math.ceil(told.length / factor));
        waiting = roundOf(best.map((one) => one.exponent).sort((a, b) => a - b));
        open = waiting.length;
        told = [];
      }
      return Promise.resolve();
    },
    close: () => undefined,
  };
}

/** Values as one writes them: 1.2, not 1.2000000000000002. */
function rounded(value: number): number {
  return Number(value.toFixed(4));
}
