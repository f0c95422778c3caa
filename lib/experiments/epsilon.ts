import type { Experiment, Row } from './experiment';
import { ablationPairs, taught } from './pairs';
import { smoke } from './smoke';

const exponents = [1, 1.2, 1.4, 1.6];

const rows = ablationPairs.flatMap((pair, index) => [
  ...exponents.map((exponent): Row => row(pair, index, `ofa-${exponent}`, { kind: 'ofa', exponent })),
  // At an exponent of 1 both forms are one.
  ...exponents.filter((exponent) => exponent !== 1).map((exponent) => row(pair, index, `paper-${exponent}`, { kind: 'ofa', exponent, form: 'paper' })),
]);

/** The ablation of the modulating exponent (paper, figure 3), in the released form of the loss and in the paper's. */
export const epsilon: Experiment = {
  name: 'epsilon',
  title: 'Which exponent ε is best, and does the form of the loss matter?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};

/** The first pair's rows go by the exponent alone. */
function row(pair: (typeof ablationPairs)[number], index: number, name: string, method: Row['recipe']['method']): Row {
  const full = taught(pair, name, method);
  return index === 0 ? { ...full, name } : full;
}
