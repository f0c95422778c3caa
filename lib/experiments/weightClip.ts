import type { Experiment, Row } from './experiment';
import { ablationPairs, mainMethods, taught } from './pairs';
import { ablationRows } from './paper';
import { smoke } from './smoke';

const weights = [0.1, 1, 5];
const clips = { clip5: {}, unclipped: { clipNorm: undefined } } as const;

const choices = weights.flatMap((weight) =>
  Object.entries(clips).map(([name, changes]) => ({ weight, name: `weight-${weight}-${name}`, changes })),
);

const rows: readonly Row[] = choices.flatMap(({ weight, name, changes }) =>
  ablationPairs.map((pair) =>
    // A weight of 1 with clipping is the main table's run.
    taught(
      pair,
      name,
      weight === 1 ? mainMethods.ofa : { ...mainMethods.ofa, logitsWeight: weight, branchWeight: weight },
      changes,
    ),
  ),
);

const paper = choices.flatMap(({ weight, name, changes }) =>
  ablationRows(name, { logitsWeight: weight, branchWeight: weight }, 'clipNorm' in changes ? changes : { clipNorm: 5 }),
);

/** The ablation of the loss's weight and of clipping the gradients' norm at 5 (paper, table 4). */
export const weightClip: Experiment = {
  name: 'weight-clip',
  title: 'How heavy may the loss be, and must gradients be clipped?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper },
};
