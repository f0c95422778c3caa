import type { PublishedCell } from '../../results/published';
import { commitText } from '../../results/records/record';
import { findRow, pairText, type Pair, type RecordedRow } from '../../results/tables/recordedRows';
import { meanText, seedsText, summary } from '../../results/statistics/summary';
import type { Comparison } from '../../results/tables/comparison';
import { paperAnchor, rowAnchor } from './recipesAndRecords';
import type { Cell, RichCell, Table } from './table';

/**
 * Published numbers beside ours, with the command and the cost of the same row at the paper's scale. A column that no
 * comparison fills is left out. Cells link to the recipes and records of `recipesAndRecordsHtml`. The caption states
 * the number of seeds and epochs, and cells state what differs from it.
 */
export function comparisonTable(comparisons: readonly Comparison[], caption = ''): Table {
  const conditions = commonConditions(comparisons.flatMap(({ ours }) => ours ?? []));
  const columns: readonly Column[] = [
    {
      title: 'published (%)',
      cells: comparisons.map(({ published }) => published && publishedCell(published)),
      empty: 'not known',
    },
    {
      title: 'ours, laptop (%)',
      cells: comparisons.map(({ ours }) => ours && oursCell(ours, conditions)),
      empty: 'no counterpart',
    },
    {
      title: 'at the paper’s scale, one seed',
      cells: comparisons.map(({ paper }) => paper && paperCell(paper)),
      empty: 'no recipe',
    },
  ].filter(({ cells }) => cells.some((cell) => cell !== undefined));
  return {
    caption: [conditionsText(conditions), caption].filter((text) => text !== '').join(' '),
    columns: ['', ...columns.map(({ title }) => title)],
    rows: comparisons.map(({ label }, i) => [label, ...columns.map(({ cells, empty }) => cells[i] ?? empty)]),
  };
}

/** A column of comparisons, with the text of a cell that has no value. */
interface Column {
  readonly title: string;
  readonly cells: readonly (Cell | undefined)[];
  readonly empty: string;
}

function paperCell(paper: NonNullable<Comparison['paper']>): RichCell {
  return { text: hoursText(paper.hours), link: `#${paperAnchor(paper)}`, command: paper.command };
}

/**
 * Our results with one line for each pair and one column for each method, given as method kinds by column name. A dash
 * is not recorded yet; an empty cell is not planned.
 */
export function pairTable(
  rows: readonly RecordedRow[],
  pairs: readonly Pair[],
  columns: Readonly<Record<string, string>>,
): Table {
  const found = pairs.map((pair) => Object.values(columns).map((kind) => findRow(rows, pair, kind)));
  const maxSeeds = Math.max(0, ...found.flat().map((row) => row?.runs.length ?? 0));
  return {
    caption:
      `Ours: top-1 (%), mean ± standard deviation over ${seedsText(maxSeeds)}; without ±: a single seed; ` +
      '–: not recorded yet; empty: not planned.',
    columns: ['pair', ...Object.keys(columns)],
    rows: pairs.map((pair, i) => [pairText(pair), ...found[i]!.map((row) => (row ? pairCell(row) : null))]),
  };
}

function pairCell(row: RecordedRow): RichCell {
  const top1 = row.runs.map((run) => run.top1);
  return {
    text: top1.length === 0 ? '–' : meanText(summary(top1)),
    note: `${top1.length} of ${seedsText(row.seeds.length)}; ${row.command}`,
    link: `#${rowAnchor(row)}`,
  };
}

/** How well a published number or fact is verified, in words. */
export const statusTexts: Readonly<Record<PublishedCell['status'], string>> = {
  seen: 'read in a public source',
  checked: 'from memory; the mean of its column agrees with the published mean',
  recalled: 'from memory only, not verified',
};

/** A published number, marked by how well it is verified; the source is in the tooltip. */
export function publishedCell({ value, status, source }: PublishedCell): RichCell {
  return {
    text: value.toFixed(2),
    note: source === undefined ? statusTexts[status] : `${statusTexts[status]}: ${source}`,
    unverified: status === 'recalled',
    indirect: status === 'checked',
  };
}

/** What most recorded rows of a table have in common; undefined if none is recorded. */
interface Conditions {
  readonly seeds: number;
  readonly epochs: number;
}

function commonConditions(rows: readonly RecordedRow[]): Conditions | undefined {
  const recorded = rows.filter(({ runs }) => runs.length > 0);
  if (recorded.length === 0) return undefined;
  return {
    seeds: mostFrequent(recorded.map(({ runs }) => runs.length)),
    epochs: mostFrequent(recorded.map(({ runs }) => runs[0]!.epochs)),
  };
}

function mostFrequent(values: readonly number[]): number {
  const count = (value: number): number => values.filter((other) => other === value).length;
  return values.reduce((found, value) => (count(value) > count(found) ? value : found));
}

function conditionsText(conditions: Conditions | undefined): string {
  if (conditions === undefined) return '';
  const { seeds, epochs } = conditions;
  const statistic = seeds === 1 ? 'a single seed' : `mean ± standard deviation over ${seeds} seeds`;
  return `Ours: top-1 after ${epochs} epochs, ${statistic} unless a cell says otherwise.`;
}

/** The result of a row with a link to its recipe and records, and what differs from the caption. */
function oursCell(row: RecordedRow, conditions: Conditions | undefined): RichCell {
  const link = `#${rowAnchor(row)}`;
  const [first] = row.runs;
  if (first === undefined) return { text: 'not recorded yet', link, command: row.command };
  const differences = [
    ...(row.runs.length === conditions?.seeds ? [] : [seedsText(row.runs.length)]),
    ...(first.epochs === conditions?.epochs ? [] : [`${first.epochs} epochs`]),
  ];
  const text = meanText(summary(row.runs.map(({ top1 }) => top1)));
  return {
    text: differences.length === 0 ? text : `${text} (${differences.join(', ')})`,
    note: `${row.runs.length} of ${row.seeds.length} seeds, commit ${[...new Set(row.runs.map(commitText))].join(' ')}`,
    link,
    command: row.command,
  };
}

function hoursText(hours: number | undefined): string {
  if (hours === undefined) return 'cost not estimated';
  return `about ${hours < 10 ? hours.toPrecision(1) : Math.round(hours)} GPU hours`;
}
