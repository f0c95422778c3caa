import type { Experiment, Row } from './experiment';
import { ablationPairs, taught } from './pairs';
import { ablationRows } from './paper';
import { smoke } from './smoke';

const exponents = [1, 1.2, 1.4, 1.6];

const settings = [
  ...exponents.map((exponent) => ({ name: `ofa-${exponent}`, method: { exponent } })),
  // At an exponent of 1 both forms are one.
  ...exponents
    .filter((exponent) => exponent !== 1)
    .map((exponent) => ({ name: `paper-${exponent}`, method: { exponent, form: 'paper' } })),
];

/** The first pair's rows go by the setting alone. */
const rows = ablationPairs.flatMap((pair, index) =>
  settings.map(({ name, method }): Row => {
    const row = taught(pair, name, { kind: 'ofa', ...method });
    return index === 0 ? { ...row, name } : row;
  }),
);

/** The ablation of the modulating exponent (paper, figure 3), in the released form of the loss and in the paper's. */
export const epsilon: Experiment = {
  name: 'epsilon',
  title: 'Which exponent ε is best, and does the form of the loss matter?',
  seeds: [0],
  rows: {
    smoke: smoke(rows),
    laptop: rows,
    paper: ablationPairs.flatMap((_, index) => settings.map(({ name, method }) => ablationRows(name, method)[index]!)),
  },
};
