import type { Experiment, Row } from './experiment';
import { mainMethods, taught } from './pairs';
import { smoke } from './smoke';

const pair = { teacher: 'cnn', student: 'transformer' } as const;

const rows: readonly Row[] = [
  // float32 is the default, and left to it: one run with the main table's.
  taught(pair, 'float32', mainMethods.ofa),
  taught(pair, 'bfloat16', mainMethods.ofa, { precision: 'bfloat16' }),
];

/** Whether mixed precision costs accuracy: the same runs in float32 and in bfloat16. */
export const precision: Experiment = {
  name: 'precision',
  title: 'Does bfloat16 reach what float32 reaches?',
  seeds: [0, 1, 2],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
