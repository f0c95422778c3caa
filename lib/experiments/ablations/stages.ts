import type { Experiment, Row } from '../experiment';
import { ablationPairs, distilledRow, mainMethods } from '../pairs';
import { ablationRows } from '../paper/paper';
import { smoke } from '../smoke';

/** The last stage and those before it, and each other stage alone. */
const choices = [[4], [3, 4], [2, 3, 4], [1, 2, 3, 4], [1], [2], [3]] as const;

// All four stages are the default. Leaving them out makes the recipe equal to that of the main table, whose run is
// shared.
const rows: readonly Row[] = choices.flatMap((stages) =>
  ablationPairs.map((pair) => {
    const method = stages.length === 4 ? mainMethods.ofa : { ...mainMethods.ofa, stages };
    return distilledRow(pair, `stages-${stages.join('')}`, method);
  }),
);

/**
 * The ablation of the stages that have an exit branch.
 *
 * - Reproduces: table 3 of the paper, at the laptop's size.
 * - Expected: the paper reports branches at all four stages as best. Recorded with one seed: all choices are within 2.6
 *   points, and four branches are not the best choice for either pair.
 * - Time: 2.3 hours with 1 thread of an AMD EPYC and mostly cached teacher outputs, after the teachers and
 *   `cross-family`; at the paper's size about 110 GPU hours for a seed (estimated).
 * - Source of the recipes: ours (`laptop.ts`); see `ablationRows` for the paper's.
 */
export const stages: Experiment = {
  name: 'stages',
  title: 'Which stages should have exit branches?',
  seeds: [0],
  rows: {
    smoke: smoke(rows),
    laptop: rows,
    paper: choices.flatMap((choice) =>
      ablationRows(`stages-${choice.join('')}`, choice.length === 4 ? {} : { stages: choice }),
    ),
  },
};
