import { UserError } from '../../errors';
import { escapeHtml } from '../escape';

/** A cell with more than its text. */
export interface RichCell {
  readonly text: string;
  /** Tooltip, for instance the source of a number. */
  readonly note?: string;
  /** A web address, or a path relative to the page. */
  readonly link?: string;
  /** A command, folded below the text. */
  readonly command?: string;
  /** An unverified number: grey, with a dagger. */
  readonly unverified?: boolean;
  /** A number that is verified by the mean of its column only: with a double dagger. */
  readonly indirect?: boolean;
}

/** A table cell; null is empty. */
export type Cell = string | number | boolean | null | RichCell;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly caption?: string;
}

/** Longer tables scroll. */
const maxRows = 40;

/**
 * A table as HTML with escaped texts; columns of numbers are aligned to the right. Throws a UserError if a row does not
 * have one cell per column.
 */
export function tableHtml({ columns, rows, caption }: Table): string {
  const wrong = rows.findIndex((row) => row.length !== columns.length);
  if (wrong >= 0)
    throw new UserError(
      `Row ${wrong + 1} of the table has ${rows[wrong]?.length} cells for ${columns.length} columns; ` +
        'pass one per column.',
    );
  const alignments = columns.map((_, index) => alignment(rows, index));
  const line = (cells: readonly string[], tag: 'th' | 'td'): string => {
    const aligned = cells.map((html, index) => `<${tag} style="text-align:${alignments[index]}">${html}</${tag}>`);
    return `<tr>${aligned.join('')}</tr>`;
  };
  return [
    `<div style="overflow:auto${rows.length > maxRows ? ';max-height:40em' : ''}"><table>`,
    caption === undefined ? '' : `<caption style="text-align:left">${escapeHtml(caption)}</caption>`,
    `<thead>${line(columns.map(escapeHtml), 'th')}</thead>`,
    `<tbody>${rows.map((row) => line(row.map(cellHtml), 'td')).join('\n')}</tbody>`,
    footer(rows, columns.length),
    '</table></div>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Explains the daggers that occur in a table; empty if there are none. */
function footer(rows: Table['rows'], columnCount: number): string {
  const occurs = (mark: 'unverified' | 'indirect'): boolean =>
    rows.flat().some((cell) => typeof cell === 'object' && cell?.[mark]);
  const marks = [
    ...(occurs('unverified') ? ['† not verified'] : []),
    ...(occurs('indirect') ? ['‡ verified by the mean of its column only'] : []),
  ];
  if (marks.length === 0) return '';
  const cell = `<td colspan="${columnCount}" style="text-align:left"><small>${marks.join('; ')}</small></td>`;
  return `<tfoot><tr>${cell}</tr></tfoot>`;
}

/** The text of a cell, as a terminal shows it. Numbers have at most six significant digits. */
export function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(Number(cell.toPrecision(6))) : '';
  return typeof cell === 'object' ? cell.text + (cell.unverified ? ' †' : cell.indirect ? ' ‡' : '') : String(cell);
}

function cellHtml(cell: Cell): string {
  // A number and its deviation stay on one line.
  const text = escapeHtml(cellText(cell)).replaceAll(' ± ', '&nbsp;±&nbsp;');
  if (cell === null || typeof cell !== 'object') return text;
  const noted = cell.note === undefined ? text : `<span title="${escapeHtml(cell.note)}">${text}</span>`;
  const linked = cell.link === undefined ? noted : `<a href="${escapeHtml(safeLink(cell.link))}">${noted}</a>`;
  const marked = cell.unverified ? `<span style="color:#777"><i>${linked}</i></span>` : linked;
  if (cell.command === undefined) return marked;
  const code = `<code style="white-space:pre-wrap">${escapeHtml(cell.command)}</code>`;
  return `${marked}<details><summary><small>command</small></summary><small>${code}</small></details>`;
}

/** Accepts web addresses and relative paths only, not `javascript:` and similar schemes. */
function safeLink(link: string): string {
  if (/^https?:\/\//i.test(link) || !/^[^/?#]*:/.test(link)) return link;
  throw new UserError(`A link in a table must be a web address or a relative path, not "${link}".`);
}

/** Right for columns of numbers, including formatted ones such as `28.60 ± 0.20`. */
function alignment(rows: readonly (readonly Cell[])[], column: number): 'left' | 'right' {
  const texts = rows.map((row) => row[column] ?? null).filter((cell) => cell !== null && cellText(cell) !== '');
  const isNumber = (cell: Cell): boolean =>
    typeof cell === 'number' || /^[+−-]?[\d.,]+( ?%)?( ±.*)?( [†‡])?$/.test(cellText(cell));
  return texts.length > 0 && texts.every(isNumber) ? 'right' : 'left';
}
