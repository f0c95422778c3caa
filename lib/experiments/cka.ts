import type { Experiment } from './experiment';
import { teacherTraining } from './teachers';

/** Figure 1 of the paper: the trained networks whose features the notebook on CKA compares. The laptop's are the teachers. */
export const cka: Experiment = {
  ...teacherTraining,
  rows: { ...teacherTraining.rows, paper: [] },
  name: 'cka',
  title: 'Do networks of different families see alike? (trains the networks; npm start -- 02-cka draws the figure)',
};
