import type { Experiment, Row } from './experiment';
import { cyclePairs, distilledRow } from './pairs';
import { smoke } from './smoke';

const kinds = ['fitnet', 'correlation', 'rkd', 'crd', 'bkd', 'dkd', 'dist'] as const;

const rows: readonly Row[] = cyclePairs.flatMap((pair) => kinds.map((kind) => distilledRow(pair, kind, { kind })));

/**
 * The other methods, with the default options of the paper's released code.
 *
 * - Reproduces: the columns FitNet, CC, RKD, CRD, DKD and DIST of the paper's CIFAR-100 table at the laptop's size, and
 *   BKD, which the released code has as well.
 * - Expected: the paper reports that FitNet helps little or hurts across families. Recorded with one seed: FitNet gains
 *   5.4 points on average, and the best method differs between pairs.
 * - Time: 5.8 hours with 1 thread of an Intel Xeon or AMD EPYC and mostly cached teacher outputs, after the teachers.
 * - Source of the recipes: ours (`laptop.ts`); options of the methods from github.com/Hao840/OFAKD.
 */
export const otherMethods: Experiment = {
  name: 'methods',
  title: 'What accuracy do the other methods reach across families?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
