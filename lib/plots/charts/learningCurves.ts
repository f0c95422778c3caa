import { curve, type EpochMeasure } from '../../results/statistics/curve';
import { groupBy } from '../../results/statistics/groupBy';
import type { RunRecord } from '../../results/records/record';
import type { Figure } from './figure';
import { lines, type Line, type LinesOptions } from './lines';

export interface LearningCurvesOptions extends Partial<LinesOptions> {
  readonly measure?: EpochMeasure;
  /** Runs of the same name are seeds of one curve; by default those of one method. */
  readonly name?: (record: RunRecord) => string;
  /** Further lines, as of a run under way. */
  readonly over?: readonly Line[];
}

const axisTitles: Readonly<Record<EpochMeasure, string>> = {
  top1: 'top-1 (%)',
  top5: 'top-5 (%)',
  loss: 'loss',
  learningRate: 'learning rate',
  imagesPerSecond: 'images/s',
};

/** Curves of recorded runs over epochs: the mean over seeds, with a band of ± one standard deviation. */
export function learningCurves(
  records: readonly RunRecord[],
  { measure = 'top1', name = ({ method }) => method, over = [], ...options }: LearningCurvesOptions = {},
): Figure {
  const recorded = [...groupBy(records, name)].map(([group, runs]) => meanLine(group, runs, measure));
  return lines([...recorded, ...over], {
    title: `${axisTitles[measure]} over training`,
    x: 'epoch',
    y: axisTitles[measure],
    ...options,
  });
}

function meanLine(name: string, runs: readonly RunRecord[], measure: EpochMeasure): Line {
  const { epochs, mean, deviation } = curve(runs, measure);
  const seeds = `${runs.length} seed${runs.length === 1 ? '' : 's'}`;
  return { name: `${name} (${seeds})`, x: epochs, y: mean, ...(runs.length > 1 && { spread: deviation }) };
}
