import type { Experiment, Row } from './experiment';
import { ablationPairs, mainMethods, pairRow } from './pairs';
import { ablationRows } from './paper';
import { smoke } from './smoke';

/** One to four branches, counted from the last stage, and a single branch at each other stage. */
const choices = [[4], [3, 4], [2, 3, 4], [1, 2, 3, 4], [1], [2], [3]] as const;

const rows: readonly Row[] = choices.flatMap((stages) =>
  ablationPairs.map((pair) =>
    // All four are the default and omitted, so that the row shares its runs with the main table.
    pairRow(pair, `stages-${stages.join('')}`, stages.length === 4 ? mainMethods.ofa : { ...mainMethods.ofa, stages }),
  ),
);

/**
 * The ablation of the exit branches (paper, table 3).
 *
 * Expected: branches at all four stages are best. Recorded: differences of less than 3 points, with one seed.
 * Duration: 8 to 20 minutes per run, 2.3 hours in total.
 */
export const stages: Experiment = {
  name: 'stages',
  title: 'At which stages are exit branches best?',
  seeds: [0],
  rows: {
    smoke: smoke(rows),
    laptop: rows,
    paper: choices.flatMap((stages) =>
      ablationRows(`stages-${stages.join('')}`, stages.length === 4 ? {} : { stages }),
    ),
  },
};
