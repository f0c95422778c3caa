import type { Experiment, Row } from './experiment';
import { cyclePairs, pairRow } from './pairs';
import { smoke } from './smoke';

const kinds = ['fitnet', 'correlation', 'rkd', 'crd', 'bkd', 'dkd', 'dist'] as const;

const rows: readonly Row[] = cyclePairs.flatMap((pair) => kinds.map((kind) => pairRow(pair, kind, { kind })));

/**
 * The other methods of the paper's tables, and BKD from the released code, all with the settings of that code.
 *
 * Expected (paper): FitNet and other methods on features help little or hurt across families.
 * Recorded: FitNet is the best of them for the transformer student. Duration: 5 to 37 minutes per run, 6 hours in total.
 */
export const otherMethods: Experiment = {
  name: 'methods',
  title: 'Which accuracy do the other methods reach across families?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
