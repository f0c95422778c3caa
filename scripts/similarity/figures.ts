import type { FigureSection } from '../../lib/notebook/savePage';
import { bestMatches } from '../../lib/plots/charts/bestMatches';
import { calibratedHeatmap } from '../../lib/plots/charts/calibratedHeatmap';
import { depthLines } from '../../lib/plots/charts/depthLines';
import {
  calibratedBetween,
  calibratedCells,
  type CalibratedCell,
  type CalibratedRecord,
} from '../../lib/results/records/calibratedRecord';
import { likeDepth } from '../../lib/similarity/depth';

/** The section of a page on one measure, from the records of its samples of images. */
export function similaritySection(records: readonly CalibratedRecord[]): FigureSection {
  const [first] = records;
  const { a, rows, columns, title, alpha, seed, examples } = first!;
  const samples = records.map(calibratedCells);
  const similarity = calibratedBetween(first!);
  const equal = (row: readonly (CalibratedCell | null)[], i: number): CalibratedCell | null =>
    row[rows.length > 1 && columns.length > 1 ? likeDepth(i, { rows, columns }) : 0] ?? null;
  const perLayer = (of: (row: readonly (CalibratedCell | null)[], i: number) => number | null) =>
    samples.map((cells) => cells.map(of));
  const series = [
    { name: 'at equal depth', samples: perLayer((row, i) => equal(row, i)?.observed ?? null) },
    { name: 'best match', samples: perLayer((row) => largest(row.map((cell) => cell?.observed ?? null))) },
    { name: 'threshold at equal depth', samples: perLayer((row, i) => equal(row, i)?.threshold ?? null) },
  ];
  const sample = `${examples} images, seed ${seed}`;
  return {
    heading: title,
    paragraphs: [summaryText(records)],
    figures: [
      calibratedHeatmap(similarity, { measure: title, alpha, title: `${title}, ${sample}` }),
      depthLines(series, { title: `${title} over the depth of ${a.network}`, measure: title }),
      bestMatches(similarity, { measure: title, alpha }),
    ],
    tables: [sampleTable(records)],
  };
}

function summaryText(records: readonly CalibratedRecord[]): string {
  const [{ a, b, mean, max, permutations, alpha }] = records as [CalibratedRecord];
  const isAbove = (p: number | undefined): string =>
    p === undefined ? 'undefined' : p <= alpha ? `above chance (p = ${p})` : `not above chance (p = ${p})`;
  return (
    `Mean over all pairs of layers of ${a.network} and ${b.network}: ${mean?.observed.toFixed(4) ?? 'undefined'}, ` +
    `${isAbove(mean?.p)}. Largest: ${max?.observed.toFixed(4) ?? 'undefined'}, ${isAbove(max?.p)}. ` +
    `${permutations} permutations, alpha ${alpha}; the band of a line is the range over the samples of images.`
  );
}

function sampleTable(records: readonly CalibratedRecord[]): NonNullable<FigureSection['tables']>[number] {
  return {
    columns: ['seed', 'mean', 'p', 'largest', 'p', 'at equal depth', 'calibrated', 'layers above chance (%)'],
    rows: records.map(({ seed, mean, max, likeDepth: depth }) => [
      seed,
      mean?.observed.toFixed(4) ?? null,
      mean?.p.toFixed(3) ?? null,
      max?.observed.toFixed(4) ?? null,
      max?.p.toFixed(3) ?? null,
      depth?.observed.toFixed(4) ?? null,
      depth?.score.toFixed(4) ?? null,
      depth ? (100 * depth.above).toFixed(0) : null,
    ]),
    caption: 'Each seed is another sample of images.',
  };
}

function largest(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value): value is number => value !== null);
  return defined.length === 0 ? null : Math.max(...defined);
}

/** All cells of all records as CSV, with a header. */
export function similarityCsv(records: readonly CalibratedRecord[]): string {
  const lines = records.flatMap((record) =>
    calibratedCells(record).flatMap((row, i) =>
      row.map((cell, j) => {
        const numbers = cell ? [cell.observed, cell.threshold, cell.score.toFixed(5), cell.p] : ['', '', '', ''];
        return [record.measure, record.seed, record.rows[i]!, record.columns[j]!, ...numbers].map(csvField).join(',');
      }),
    ),
  );
  const header = ['measure', 'seed', 'row layer', 'column layer', 'similarity', 'threshold', 'calibrated', 'p'];
  return `${[header.join(','), ...lines].join('\n')}\n`;
}

function csvField(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
