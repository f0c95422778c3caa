import type { DataFrame } from 'danfojs-node';

import { tableHtml, type Cell, type Table } from '../plots/tables/table';
import { tableText } from '../plots/tables/tableText';
import { kernel } from './kernel';

/** Rows by the names of their columns; a row may lack some. */
export type Rows = readonly Readonly<Record<string, Cell | undefined>>[];

/** Shows rows, a table or a danfojs data frame: in a notebook as an HTML table, in a script as lined-up text. */
export async function table(content: Rows | Table | DataFrame, caption?: string): Promise<void> {
  const given = isRows(content) ? fromRows(content) : fromFrame(content);
  const captioned = caption === undefined ? given : { ...given, caption };
  const tslab = kernel();
  if (!tslab) return void process.stdout.write(`${tableText(captioned)}\n`);
  tslab.display.html(tableHtml(captioned));
}

/** Rows as a danfojs data frame, to sort, filter, group or plot on. The first call loads danfojs, about two seconds. */
export async function dataFrame(rows: Rows): Promise<DataFrame> {
  const { columns, rows: cells } = fromRows(rows);
  // danfojs brings TensorFlow.js along; ours comes first, with what it needs on this Node.
  await import('../tensor/engine/backend');
  const { DataFrame } = await import('danfojs-node');
  return new DataFrame(
    cells.map((row) => [...row]),
    { columns: [...columns] },
  );
}

function isRows(content: Rows | Table | DataFrame): content is Rows {
  return Array.isArray(content);
}

/** The columns of all rows, in the order in which they first appear; danfojs itself would take those of the first row. */
function fromRows(rows: Rows): Table {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
}

function fromFrame(content: Table | DataFrame): Table {
  if (!('values' in content)) return content;
  return { columns: content.columns, rows: content.values.map((row) => (Array.isArray(row) ? row : [row])) };
}
