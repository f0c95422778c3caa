import type { Experiment, Row } from './experiment';
import { alone, likeFamilyPairs, mainMethods, taught } from './pairs';
import { smoke } from './smoke';

const rows: readonly Row[] = likeFamilyPairs.flatMap((pair) => [
  alone(pair.student),
  ...Object.entries(mainMethods).map(([name, method]) => taught(pair, name, method)),
]);

/** The paper's control: a teacher of the student's own family. */
export const likeFamily: Experiment = {
  name: 'like-family',
  title: 'Does OFA keep up where teacher and student are of one family?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
