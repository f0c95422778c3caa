import type { Experiment, Row } from '../experiment';
import { crossFamilyPairs, distilledRow, mainMethods, scratchRow } from '../pairs';
import { smoke } from '../smoke';

const rows: readonly Row[] = [
  ...(['cnn', 'transformer', 'mlp'] as const).map(scratchRow),
  ...crossFamilyPairs.flatMap((pair) =>
    Object.entries(mainMethods).map(([name, method]) => distilledRow(pair, name, method)),
  ),
];

/**
 * The main comparison: each family as the student of every other one, with KD, OFA and RSD.
 *
 * - Reproduces: the paper's CIFAR-100 table, at the laptop's size.
 * - Expected: the paper reports OFA above every baseline on every pair. Recorded: RSD is best on all pairs; OFA is
 *   above KD for the CNN student only.
 * - Time: 21 core-hours for three seeds, recorded with 1 or 2 threads of an AMD EPYC and an Intel Xeon, after the
 *   teachers.
 * - Source of the recipes: ours (`laptop.ts`).
 */
export const crossFamily: Experiment = {
  name: 'cross-family',
  title: 'Which method teaches best across families?',
  seeds: [0, 1, 2],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
