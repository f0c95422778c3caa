import type { Experiment, Row } from '../experiment';
import { distilledRow, mainMethods, sameFamilyPairs, scratchRow } from '../pairs';
import { smoke } from '../smoke';

const rows: readonly Row[] = sameFamilyPairs.flatMap((pair) => [
  scratchRow(pair.student),
  ...Object.entries(mainMethods).map(([name, method]) => distilledRow(pair, name, method)),
]);

/**
 * The control: a teacher of the student's own family.
 *
 * - Reproduces: table 5 of the paper (ResNet34 → ResNet18 on ImageNet), at the laptop's size and for all three
 *   families.
 * - Expected: the paper reports OFA on par with the best baseline. Recorded with one seed: OFA minus KD is −0.76 points
 *   on average; RSD is best on all three pairs.
 * - Time: 1.3 hours with 1 thread of an AMD EPYC and cached teacher outputs, after the teachers and `cross-family`,
 *   which has the students from scratch.
 * - Source of the recipes: ours (`laptop.ts`).
 */
export const sameFamily: Experiment = {
  name: 'like-family',
  title: 'Does OFA keep up if teacher and student are of one family?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
