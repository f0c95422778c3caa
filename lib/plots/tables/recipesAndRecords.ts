import type { Comparison } from '../../results/tables/comparison';
import { commitText } from '../../results/records/record';
import type { RecordedRow } from '../../results/records/recordedRows';
import { escapeHtml } from '../html/escape';
import { tableHtml } from './table';

type PaperScale = NonNullable<Comparison['paper']>;

/** Where a page keeps the recipe and the runs of a row. */
export function rowAnchor({ experiment, row }: Pick<RecordedRow, 'experiment' | 'row'>): string {
  return anchor(`ours ${experiment} ${row}`);
}

/** Where a page keeps a recipe of the paper's size. */
export function paperAnchor({ experiment, row }: PaperScale): string {
  return anchor(`paper ${experiment} ${row.name}`);
}

/**
 * What stands behind the cells of comparisons, folded: for each row of ours its recipe and its runs with their ids, for each row of
 * the paper its recipe and where each number of it stands. `folder` leads from the page to the records.
 */
export function recipesAndRecordsHtml(comparisons: readonly Comparison[], folder = '../data/results'): string {
  const ours = unique(
    comparisons.flatMap((one) => (one.ours ? [one.ours] : [])),
    (row) => rowAnchor(row),
  );
  const papers = unique(
    comparisons.flatMap((one) => (one.paper ? [one.paper] : [])),
    (paper) => paperAnchor(paper),
  );
  return [
    fold(`Recipes and records of ours (${ours.length})`, ours.map((row) => rowFold(row, folder)).join('\n')),
    ...(papers.length > 0
      ? [
          fold(
            `Recipes of the paper’s size (${papers.length}), which we have not run`,
            papers.map(paperFold).join('\n'),
          ),
        ]
      : []),
  ].join('\n');
}

function rowFold(row: RecordedRow, folder: string): string {
  const { experiment, recipe, runs, command } = row;
  const records =
    runs.length === 0
      ? '<p>Not recorded yet.</p>'
      : tableHtml({
          columns: ['record', 'seed', 'top-1 (%)', 'best epoch', 'minutes', 'machine', 'commit', 'made by'],
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
        });
  return fold(
    `${experiment}: ${row.row}`,
    `${records}${settings(runs[0] ? { ...runs[0].recipe, seed: undefined } : recipe)}<p><code>${escapeHtml(command)}</code></p>`,
    rowAnchor(row),
  );
}

function paperFold(paper: PaperScale): string {
  const { row, command } = paper;
  return fold(
    row.name,
    `${settings(row.recipe, row.sources)}<p><code>${escapeHtml(command)}</code></p>`,
    paperAnchor(paper),
  );
}

/** Browsers open what is folded when a link leads into it: the anchor is inside. */
function fold(title: string, html: string, id?: string): string {
  return `<details><summary>${escapeHtml(title)}</summary><div${id === undefined ? '' : ` id="${id}"`} style="padding-left:1em">${html}</div></details>`;
}

/** A recipe, a line for each of its settings, with where its numbers stand. */
function settings(recipe: object, sources: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(recipe)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const known = Object.entries(sources)
        .filter(([place]) => place.split('.')[0] === name)
        .map(([place, source]) => (place === name ? source : `${place}: ${source}`));
      return `${name}: ${JSON.stringify(value)}${known.length === 0 ? '' : `  (${known.join('; ')})`}`;
    });
  return `<pre style="white-space:pre-wrap">${escapeHtml(lines.join('\n'))}</pre>`;
}

function anchor(text: string): string {
  return text.replace(/[^\w]+/g, '-');
}

function unique<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
