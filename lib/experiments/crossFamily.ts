import type { Experiment, Row } from './experiment';
import { alone, crossFamilyPairs, mainMethods, taught } from './pairs';
import { smoke } from './smoke';

const rows: readonly Row[] = [
  ...(['cnn', 'transformer', 'mlp'] as const).map(alone),
  ...crossFamilyPairs.flatMap((pair) =>
    Object.entries(mainMethods).map(([name, method]) => taught(pair, name, method)),
  ),
];

/** The paper's main tables at the laptop's size: every family taught by every other one. */
export const crossFamily: Experiment = {
  name: 'cross-family',
  title: 'Which method teaches best across families?',
  seeds: [0, 1, 2],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
