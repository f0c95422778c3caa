import type { Experiment, Row } from './experiment';
import { scratchRow, crossFamilyPairs, mainMethods, pairRow } from './pairs';
import { smoke } from './smoke';

const rows: readonly Row[] = [
  ...(['cnn', 'transformer', 'mlp'] as const).map(scratchRow),
  ...crossFamilyPairs.flatMap((pair) =>
    Object.entries(mainMethods).map(([name, method]) => pairRow(pair, name, method)),
  ),
];

/**
 * The paper's main tables with small networks: each student from scratch and with the teachers of both other families.
 *
 * Expected (paper, CIFAR-100 and ImageNet tables): OFA is the best method for every pair.
 * Recorded: RSD is the best method for every pair. Duration: 3 to 76 minutes per run, 18 hours in total.
 */
export const crossFamily: Experiment = {
  name: 'cross-family',
  title: 'Which method is best across families?',
  seeds: [0, 1, 2],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
