import type { Experiment, Row } from './experiment';
import { scratchRow, likeFamilyPairs, mainMethods, pairRow } from './pairs';
import { smoke } from './smoke';

const rows: readonly Row[] = likeFamilyPairs.flatMap((pair) => [
  scratchRow(pair.student),
  ...Object.entries(mainMethods).map(([name, method]) => pairRow(pair, name, method)),
]);

/**
 * The paper's control: a teacher of the student's own family.
 *
 * Expected: OFA is on par with the best other method. Recorded: OFA is above KD for the CNN and below it for the other
 * families; RSD is best for all. Duration: 5 to 12 minutes per run, 1.3 hours in total, without the runs from scratch.
 */
export const likeFamily: Experiment = {
  name: 'like-family',
  title: 'Is OFA on par with other methods if teacher and student share a family?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
