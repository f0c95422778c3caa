import type { ChartLine } from '../../results/chartLine';
import { curve, type EpochMeasure } from '../../results/statistics/curve';
import { groupBy } from '../../results/statistics/groupBy';
import type { RunRecord } from '../../results/records/record';
import { seedsText } from '../../results/statistics/summary';
import type { Figure } from './figure';
import { lines, type LinesOptions } from './lines';

export interface LearningCurvesOptions extends Partial<LinesOptions> {
  readonly measure?: EpochMeasure;
  /** Runs with the same name are averaged to one curve. Default: the method. */
  readonly name?: (record: RunRecord) => string;
  /** Additional lines, for instance of a run in progress. */
  readonly extra?: readonly ChartLine[];
}

const axisTitles: Readonly<Record<EpochMeasure, string>> = {
  top1: 'top-1 (%)',
  top5: 'top-5 (%)',
  loss: 'loss',
  learningRate: 'learning rate',
  imagesPerSecond: 'images/s',
};

/** Recorded quantities over epochs: the mean over seeds with a band of ± one standard deviation. */
export function learningCurves(
  records: readonly RunRecord[],
  { measure = 'top1', name = ({ method }) => method, extra = [], ...options }: LearningCurvesOptions = {},
): Figure {
  const recorded = [...groupBy(records, name)].map(([group, runs]) => meanLine(group, runs, measure));
  return lines([...recorded, ...extra], {
    title: `${axisTitles[measure]} over training`,
    x: 'epoch',
    y: axisTitles[measure],
    ...options,
  });
}

function meanLine(name: string, runs: readonly RunRecord[], measure: EpochMeasure): ChartLine {
  const { epochs, mean, std } = curve(runs, measure);
  const title = `${name} (${seedsText(runs.length)})`;
  return { name: title, x: epochs, y: mean, ...(runs.length > 1 && { yError: std }) };
}
