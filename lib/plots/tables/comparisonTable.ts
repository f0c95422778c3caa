import type { Comparison } from '../../results/tables/comparison';
import type { PublishedCell } from '../../results/published';
import { commitText } from '../../results/records/record';
import type { RecordedRow } from '../../results/records/recordedRows';
import { formatSummary, summary } from '../../results/statistics/summary';
import { paperAnchor, rowAnchor } from './recipesAndRecords';
import type { RichCell, Table } from './table';

/** The three columns of a comparison: the paper's number, ours with its conditions, and the command and cost at the paper's scale. */
export function comparisonTable(comparisons: readonly Comparison[], caption?: string): Table {
  return {
    ...(caption !== undefined && { caption }),
    columns: ['', 'published (%)', 'ours, laptop (%)', 'at the paper’s scale, one seed'],
    rows: comparisons.map(({ label, published, ours, paper }) => [
      label,
      published ? publishedCell(published) : 'not seen',
      ours ? { ...oursCell(ours), detail: ours.command } : 'no counterpart',
      paper ? { text: hoursText(paper.hours), link: `#${paperAnchor(paper)}`, detail: paper.command } : 'no recipe',
    ]),
  };
}

const meanings: Readonly<Record<PublishedCell['status'], string>> = {
  seen: 'read in a public source',
  checked: 'from memory; with it the column’s mean is the published one',
  recalled: 'from memory only, not verified',
};

/** A number of a paper, marked by how far it is verified; the source on hovering. */
export function publishedCell({ value, status, source }: PublishedCell): RichCell {
  return {
    text: value.toFixed(2),
    note: source === undefined ? meanings[status] : `${meanings[status]}: ${source}`,
    unverified: status === 'recalled',
    indirect: status === 'checked',
  };
}

/** What has been recorded of a row, with seeds, length and commit; it leads to its recipe and records. */
function oursCell(row: RecordedRow): RichCell {
  const { runs } = row;
  const [first] = runs;
  const conditions = first ? `, ${first.epochs} epochs, ${[...new Set(runs.map(commitText))].join(' ')}` : '';
  return { text: oursText(row) + conditions, link: `#${rowAnchor(row)}` };
}

/** Mean and spread of a row as far as it has been recorded: `29.51 (1 of 3 seeds)`. */
export function oursText({ runs, seeds }: RecordedRow): string {
  if (runs.length === 0) return 'not recorded yet';
  const text = formatSummary(summary(runs.map(({ top1 }) => top1)));
  return runs.length < seeds.length ? text.replace(/\((\d+) seeds?\)/, `($1 of ${seeds.length} seeds)`) : text;
}

function hoursText(hours: number | undefined): string {
  return hours === undefined
    ? 'cost not estimated'
    : `about ${hours < 10 ? hours.toPrecision(1) : Math.round(hours)} GPU hours`;
}
