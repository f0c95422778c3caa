import type { Experiment, Row } from './experiment';
import { ablationPairs, mainMethods, taught } from './pairs';
import { smoke } from './smoke';

const choices = [[4], [3, 4], [2, 3, 4], [1, 2, 3, 4]] as const;

const rows: readonly Row[] = ablationPairs.flatMap((pair) => choices.map((stages) =>
  // All four are the default, and left to it: one run with the main table's.
  taught(pair, `stages-${stages.join('')}`, stages.length === 4 ? mainMethods.ofa : { ...mainMethods.ofa, stages })));

/** The ablation of the exit branches (paper, table 3). */
export const stages: Experiment = {
  name: 'stages',
  title: 'Branches at which stages?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
