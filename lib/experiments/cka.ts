import type { Experiment } from './experiment';
import { teacherTraining } from './teachers';

/**
 * The trained networks that the notebook on CKA compares (paper, figure 1): the teachers of the laptop profile.
 *
 * Expected: layers of one family are similar, layers of different families are not. Duration: see `teacherTraining`.
 */
export const cka: Experiment = {
  ...teacherTraining,
  rows: { ...teacherTraining.rows, paper: [] },
  name: 'cka',
  title: 'Do different families learn similar features? (trains the networks; npm start -- 02-cka draws the figure)',
};
