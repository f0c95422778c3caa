import type { Experiment, Row } from './experiment';
import { ablationPairs, mainMethods, pairRow } from './pairs';
import { ablationRows } from './paper';
import { smoke } from './smoke';

const weights = [0.1, 1, 5];
const clips = { clip5: {}, unclipped: { clipNorm: undefined } } as const;

const choices = weights.flatMap((weight) =>
  Object.entries(clips).map(([name, changes]) => ({ weight, name: `weight-${weight}-${name}`, changes })),
);

const rows: readonly Row[] = choices.flatMap(({ weight, name, changes }) =>
  ablationPairs.map((pair) =>
    // The row of weight 1 with clipping shares its runs with the main table.
    pairRow(
      pair,
      name,
      weight === 1 ? mainMethods.ofa : { ...mainMethods.ofa, logitsWeight: weight, branchWeight: weight },
      changes,
    ),
  ),
);

const paper = choices.flatMap(({ weight, name, changes }) =>
  ablationRows(name, { logitsWeight: weight, branchWeight: weight }, 'clipNorm' in changes ? changes : { clipNorm: 5 }),
);

/**
 * The ablation of the loss weight and of gradient clipping at norm 5 (paper, table 4).
 *
 * Expected: weight 1 with clipping is best. Recorded: 0.4 points below the best on average, with one seed.
 * Duration: 12 to 26 minutes per run, 2.7 hours in total.
 */
export const weightClip: Experiment = {
  name: 'weight-clip',
  title: 'Which loss weight is best, and is gradient clipping needed?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper },
};
