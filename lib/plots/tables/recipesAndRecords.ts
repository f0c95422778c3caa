import { commitText } from '../../results/records/record';
import type { RecordedRow } from '../../results/tables/recordedRows';
import type { Comparison } from '../../results/tables/comparison';
import { escapeHtml } from '../escape';
import { settingText } from './settingText';
import { tableHtml, type Table } from './table';

type PaperScale = NonNullable<Comparison['paper']>;

/** The anchor of a row's recipe and records on its page. */
export function rowAnchor({ experiment, row }: Pick<RecordedRow, 'experiment' | 'row'>): string {
  return anchor(`ours ${experiment} ${row}`);
}

/** The anchor of a recipe at the paper's scale. */
export function paperAnchor({ experiment, row }: PaperScale): string {
  return anchor(`paper ${experiment} ${row.name}`);
}

/**
 * The recipes and records that the cells of comparisons link to, folded: for each of our rows its recipe and its runs,
 * for each row at the paper's scale its recipe with the sources of its numbers. `folder` is the path from the page to
 * the records.
 */
export function recipesAndRecordsHtml(comparisons: readonly Comparison[], folder = '../data/results'): string {
  const ours = uniqueBy(
    comparisons.flatMap((one) => one.ours ?? []),
    rowAnchor,
  );
  const papers = uniqueBy(
    comparisons.flatMap((one) => one.paper ?? []),
    paperAnchor,
  );
  const ourFolds = ours.map((row) => rowFold(row, folder)).join('\n');
  const paperFolds = papers.map(paperFold).join('\n');
  return [
    fold(`Our recipes and records (${ours.length})`, ourFolds),
    ...(papers.length > 0 ? [fold(`Recipes at the paper’s scale (${papers.length}), not run by us`, paperFolds)] : []),
  ].join('\n');
}

function rowFold(row: RecordedRow, folder: string): string {
  const { experiment, recipe, runs, command } = row;
  const records = runs.length === 0 ? '<p>Not recorded yet.</p>' : tableHtml(recordsTable(runs, folder));
  const settings = settingsHtml(runs[0] ? { ...runs[0].recipe, seed: undefined } : recipe);
  return fold(`${experiment}: ${row.row}`, records + settings + commandHtml(command), rowAnchor(row));
}

function recordsTable(runs: RecordedRow['runs'], folder: string): Table {
  return {
    columns: ['record', 'seed', 'top-1 (%)', 'best epoch (%)', 'minutes', 'machine', 'commit', 'command'],
    rows: runs.map((run) => [
      {
        text: run.id,
        link: `${folder}/${run.experiment}.jsonl`,
        note: `the line of ${run.experiment}.jsonl with this id`,
      },
      run.seed,
      run.top1.toFixed(2),
      run.bestTop1.toFixed(2),
      (run.seconds / 60).toFixed(0),
      `${run.machine.processor}, ${run.threads} thread${run.threads === 1 ? '' : 's'}`,
      commitText(run),
      run.command,
    ]),
  };
}

function paperFold(paper: PaperScale): string {
  const { row, command } = paper;
  return fold(row.name, settingsHtml(row.recipe, row.sources) + commandHtml(command), paperAnchor(paper));
}

/** A folded section. The anchor is inside, so that browsers unfold it when a link leads there. */
function fold(title: string, html: string, id?: string): string {
  const anchorHtml = id === undefined ? '' : ` id="${id}"`;
  return (
    `<details><summary>${escapeHtml(title)}</summary>` +
    `<div${anchorHtml} style="padding-left:1em">${html}</div></details>`
  );
}

function commandHtml(command: string): string {
  return `<p><code>${escapeHtml(command)}</code></p>`;
}

/** A recipe with one line per setting, and the sources of its numbers. */
function settingsHtml(recipe: object, sources: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(recipe)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const known = sourcesOf(name, sources);
      return `${name}: ${settingText(value)}${known.length === 0 ? '' : `  (${known.join('; ')})`}`;
    });
  return `<pre style="white-space:pre-wrap">${escapeHtml(lines.join('\n'))}</pre>`;
}

/** The sources of a setting and of its parts, whose keys are paths such as `method.exponent`. */
export function sourcesOf(name: string, sources: Readonly<Record<string, string>>): string[] {
  return Object.entries(sources)
    .filter(([key]) => key.split('.')[0] === name)
    .map(([key, source]) => (key === name ? source : `${key}: ${source}`));
}

function anchor(text: string): string {
  return text.replace(/[^\w]+/g, '-');
}

function uniqueBy<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
