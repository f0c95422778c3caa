import type { Experiment, Row } from '../experiment';
import { ablationPairs } from '../pairs';
import { smoke } from '../smoke';
import { protocolScratchRow, tunedRows } from '../tuning/tuned';

/** In epochs of 25,000 images. The first is the length of all other comparisons. */
const lengths = [12, 24, 48];

const rows: readonly Row[] = ablationPairs
  .flatMap((pair) => [protocolScratchRow(pair.student), ...tunedRows(pair, ['kd', 'ofa', 'fitnet', 'rsd'])])
  .flatMap(({ name, recipe }) =>
    lengths.map((epochs) => ({
      name: `${name}-${epochs}-epochs`,
      recipe: { ...recipe, epochs, evaluateEvery: epochs },
    })),
  );

/**
 * Whether more training changes the order of the methods: the same runs for 12, 24 and 48 epochs.
 *
 * - Reproduces: no table. The paper trains for 300 epochs.
 * - Expected: gains over the student alone that shrink or grow with the length. Not recorded yet.
 * - Time: not measured yet; `tuned` takes 4 to 7 minutes for the 12 epochs of a run.
 * - Source of the recipes: ours (`protocol.ts`); the settings are the results of the experiment `tuning`.
 */
export const trainingLength: Experiment = {
  name: 'training-length',
  title: 'Does longer training change which method is best?',
  seeds: [0, 1, 2],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
