import { unparse } from 'papaparse';

/** A row of a CSV table by column name; null and undefined become empty values. */
export type CsvRow = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * Formats rows as CSV with a line of column names (RFC 4180, with line feeds). The columns are those of all rows, in
 * the order of their first appearance.
 */
export function csv(rows: readonly CsvRow[]): string {
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return unparse({ fields, data: rows.map((row) => fields.map((field) => row[field] ?? null)) }, { newline: '\n' });
}
