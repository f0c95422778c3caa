import type { DataFrame } from 'danfojs-node';

import { tableHtml, type Cell, type Table } from '../plots/tables/table';
import { tableText } from '../plots/tables/tableText';
import { jupyterKernel } from './jupyterKernel';

/** Rows as objects by column name; a row may lack columns. */
export type Rows = readonly Readonly<Record<string, Cell | undefined>>[];

/** Shows rows, a table or a danfojs data frame: as HTML in a notebook, as aligned text in a script. */
export async function table(content: Rows | Table | DataFrame, caption?: string): Promise<void> {
  const given = isRows(content) ? fromRows(content) : fromFrame(content);
  const captioned = caption === undefined ? given : { ...given, caption };
  const tslab = jupyterKernel();
  if (!tslab) return void process.stdout.write(`${tableText(captioned)}\n`);
  tslab.display.html(tableHtml(captioned));
}

/** Converts rows to a danfojs data frame, to sort, filter or group them. The first call loads danfojs (about 2 s). */
export async function dataFrame(rows: Rows): Promise<DataFrame> {
  const { columns, rows: cells } = fromRows(rows);
  // danfojs loads TensorFlow.js: ours must come first, because it patches what this Node version lacks.
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

/** Uses the columns of all rows in order of first appearance; danfojs would use those of the first row only. */
function fromRows(rows: Rows): Table {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
}

function fromFrame(content: Table | DataFrame): Table {
  if (!('values' in content)) return content;
  return { columns: content.columns, rows: content.values.map((row) => (Array.isArray(row) ? row : [row])) };
}
