import type { Experiment, Row } from './experiment';
import { ablationPairs, mainMethods, taught } from './pairs';
import { ablationRows } from './paper';
import { smoke } from './smoke';

/** How many, from the last stage on, and one alone at each place. */
const choices = [[4], [3, 4], [2, 3, 4], [1, 2, 3, 4], [1], [2], [3]] as const;

const rows: readonly Row[] = choices.flatMap((stages) =>
  ablationPairs.map((pair) =>
    // All four are the default, and left to it: one run with the main table's.
    taught(pair, `stages-${stages.join('')}`, stages.length === 4 ? mainMethods.ofa : { ...mainMethods.ofa, stages }),
  ),
);

/** The ablation of the exit branches (paper, table 3). */
export const stages: Experiment = {
  name: 'stages',
  title: 'Branches at which stages?',
  seeds: [0],
  rows: {
    smoke: smoke(rows),
    laptop: rows,
    paper: choices.flatMap((stages) =>
      ablationRows(`stages-${stages.join('')}`, stages.length === 4 ? {} : { stages }),
    ),
  },
};
