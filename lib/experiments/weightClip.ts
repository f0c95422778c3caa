import type { Experiment, Row } from './experiment';
import { ablationPairs, mainMethods, taught } from './pairs';
import { smoke } from './smoke';

const weights = [0.1, 1, 5];
const clips = { clip5: {}, unclipped: { clipNorm: undefined } } as const;

const rows: readonly Row[] = ablationPairs.flatMap((pair) => weights.flatMap((weight) => Object.entries(clips).map(([name, changes]) =>
  // A weight of 1 with clipping is the main table's run.
  taught(pair, `weight-${weight}-${name}`, weight === 1 ? mainMethods.ofa : { ...mainMethods.ofa, logitsWeight: weight, branchWeight: weight }, changes))));

/** The ablation of the loss's weight and of clipping the gradients' norm at 5 (paper, table 4). */
export const weightClip: Experiment = {
  name: 'weight-clip',
  title: 'How heavy may the loss be, and must gradients be clipped?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
