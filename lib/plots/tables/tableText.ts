import { cellText, type Table } from './table';

/** A table as plain text with aligned columns, for a terminal. */
export function tableText({ columns, rows, caption }: Table): string {
  const texts = [columns, ...rows.map((row) => row.map(cellText))];
  const widths = columns.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const [head, ...body] = texts.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [...(caption === undefined ? [] : [caption]), head, rule, ...body].join('\n');
}
