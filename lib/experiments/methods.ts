import type { Experiment, Row } from './experiment';
import { cyclePairs, taught } from './pairs';
import { smoke } from './smoke';

const kinds = ['fitnet', 'correlation', 'rkd', 'crd', 'bkd', 'dkd', 'dist'] as const;

const rows: readonly Row[] = cyclePairs.flatMap((pair) => kinds.map((kind) => taught(pair, kind, { kind })));

/** The other columns of the paper's tables, and BKD, which the released code has besides; with that code's settings. */
export const otherMethods: Experiment = {
  name: 'methods',
  title: 'What do the other methods reach across families?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
