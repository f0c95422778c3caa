import type { Experiment } from '../experiment';
import { teacherTraining } from '../teachers/teachers';

/**
 * The networks whose features notebook 2 compares. At the laptop's size they are the teachers.
 *
 * - Reproduces: figure 1 of the paper, with networks of three families.
 * - Expected: higher CKA at equal relative depth within a family than between families. `npm start -- 02-cka` draws the
 *   figure.
 * - Time: that of the experiment `teachers`, whose runs it shares.
 * - Source of the recipes: see `teachers`.
 */
export const cka: Experiment = {
  ...teacherTraining,
  rows: { ...teacherTraining.rows, paper: [] },
  name: 'cka',
  title: 'Do different architecture families learn similar representations? (npm start -- 02-cka draws the figure)',
};
