import type { ChartLine } from '../chartLine';
import { methodName } from '../methodName';
import type { PublishedCell, PublishedRow } from '../published';
import { coverageText, onSharedSeeds, type RecordedRow } from '../tables/recordedRows';
import { curve } from '../statistics/curve';
import { meanText, summary, type Summary } from '../statistics/summary';

/** The names of the methods in the text of an answer. */
const names: Readonly<Record<string, string>> = { scratch: 'training from scratch', kd: 'KD', ofa: 'OFA' };

const paperOrder = 'ofa, kd, scratch';

/** The answer of notebook 5: the order of OFA, KD and training from scratch on the seeds that all three share. */
export function distilAnswer(rows: readonly RecordedRow[]): string {
  const ranking = onSharedSeeds(rows)
    .filter(({ runs }) => runs.length > 0)
    .map(({ row, runs }) => ({ row, runs, top1: summary(runs.map((run) => run.top1)) }))
    .sort((a, b) => b.top1.mean - a.top1.mean);
  if (ranking.length < 3) return coverageText(rows);

  const [best, ...others] = ranking.map(({ row, top1 }) => ({ name: names[row] ?? row, text: `${meanText(top1)} %` }));
  const seeds = ranking[0]!.runs.map(({ seed }) => seed);
  const isPaperOrder = ranking.map(({ row }) => row).join(', ') === paperOrder;
  return (
    `${capitalised(best!.name)} is best with ${best!.text} top-1 accuracy, followed by ` +
    `${others.map(({ name, text }) => `${name} with ${text}`).join(' and ')} (${seedText(seeds)}). ` +
    `At this scale, the paper's order, OFA before KD before training from scratch, is ` +
    `${isPaperOrder ? 'reproduced' : 'not reproduced'}.`
  );
}

function seedText(seeds: readonly number[]): string {
  if (seeds.length === 1) return `seed ${seeds[0]} only; another seed may change the order`;
  return `mean ± standard deviation over seeds ${seeds.join(', ')}`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Recorded top-1 accuracy over the number of training images, in thousands: the mean over the seeds of each row. */
export function accuracyOverImages(rows: readonly RecordedRow[]): ChartLine[] {
  return rows
    .filter(({ runs }) => runs.length > 0)
    .map(({ recipe, runs }): ChartLine => {
      const { epochs, mean } = curve(runs, 'top1');
      const thousands = runs[0]!.images / 1000;
      const name = `${methodName(recipe.method?.kind ?? 'scratch')}, recorded`;
      return { name, x: epochs.map((epoch) => epoch * thousands), y: mean, markers: true };
    });
}

/** A published number beside ours. */
export interface StoryComparison {
  readonly method: string;
  readonly published: PublishedCell;
  /** Undefined if no run is recorded. */
  readonly ours: Summary | undefined;
}

/** The published results of ConvNeXt-T → DeiT-T beside ours, method by method. */
export function storyComparisons(
  { student_top1: alone, methods }: PublishedRow,
  rows: readonly RecordedRow[],
): StoryComparison[] {
  const published = { scratch: alone, kd: methods['KD'], ofa: methods['OFA'] };
  return Object.entries(published).flatMap(([method, cell]) => {
    const runs = rows.find(({ row }) => row === method)?.runs ?? [];
    const ours = runs.length === 0 ? undefined : summary(runs.map(({ top1 }) => top1));
    return cell === undefined ? [] : [{ method: names[method] ?? method, published: cell, ours }];
  });
}
