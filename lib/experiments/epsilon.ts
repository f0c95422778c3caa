import type { Experiment, Row } from './experiment';
import { student } from './laptop';
import { smoke } from './smoke';

const rows = [1, 1.2, 1.4, 1.6].map((exponent): Row => ({
  name: `ofa-${exponent}`,
  recipe: student('transformer', 'cnn', { kind: 'ofa', exponent }),
}));

/** The ablation of the modulating exponent (paper, figure 3) on one pair. */
export const epsilon: Experiment = {
  name: 'epsilon',
  title: 'Which exponent ε is best?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
