import { UserError } from '../../errors';
import { escapeHtml } from '../html/escape';

/** A cell with more to it than its text. */
export interface RichCell {
  readonly text: string;
  /** A word on where the number comes from, shown on hovering. */
  readonly note?: string;
  /** A page or file that proves it: a web address or a path relative to the page. */
  readonly link?: string;
  /** A second line beneath, as a command. */
  readonly detail?: string;
  /** Not verified: shown in grey with a dagger. */
  readonly unverified?: boolean;
  /** Verified only by what follows from it: shown with a double dagger. */
  readonly indirect?: boolean;
}

/** A table's cell; null is an empty one. */
export type Cell = string | number | boolean | null | RichCell;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly caption?: string;
}

/** A table as HTML with every text escaped: numbers to the right, the rest to the left. Throws UserError on a row of the wrong length. */
export function tableHtml({ columns, rows, caption }: Table): string {
  const short = rows.findIndex((row) => row.length !== columns.length);
  if (short >= 0)
    throw new UserError(
      `Row ${short + 1} of the table has ${rows[short]?.length} cells for ${columns.length} columns.`,
    );
  const head = `<tr>${columns.map((column, index) => `<th style="text-align:${alignment(rows, index)}">${escapeHtml(column)}</th>`).join('')}</tr>`;
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell, index) => `<td style="text-align:${alignment(rows, index)}">${cellHtml(cell)}</td>`).join('')}</tr>`,
  );
  const marked = (mark: 'unverified' | 'indirect'): boolean =>
    rows.flat().some((cell) => typeof cell === 'object' && cell?.[mark]);
  const marks = [
    ...(marked('unverified') ? ['† not verified'] : []),
    ...(marked('indirect') ? ['‡ verified by its column’s mean only'] : []),
  ];
  return [
    // A long table scrolls in its place.
    `<div style="overflow:auto${rows.length > 40 ? ';max-height:40em' : ''}"><table>`,
    caption === undefined ? '' : `<caption style="text-align:left">${escapeHtml(caption)}</caption>`,
    `<thead>${head}</thead>`,
    `<tbody>${body.join('\n')}</tbody>`,
    marks.length > 0
      ? `<tfoot><tr><td colspan="${columns.length}" style="text-align:left"><small>${marks.join('; ')}</small></td></tr></tfoot>`
      : '',
    '</table></div>',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** A cell as text, as a terminal shows it. */
export function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(Number(cell.toPrecision(6))) : '';
  return typeof cell === 'object' ? cell.text + (cell.unverified ? ' †' : cell.indirect ? ' ‡' : '') : String(cell);
}

function cellHtml(cell: Cell): string {
  const text = escapeHtml(cellText(cell));
  if (cell === null || typeof cell !== 'object') return text;
  const noted = cell.note === undefined ? text : `<span title="${escapeHtml(cell.note)}">${text}</span>`;
  const linked = cell.link === undefined ? noted : `<a href="${escapeHtml(safeLink(cell.link))}">${noted}</a>`;
  const marked = cell.unverified ? `<span style="color:#777"><i>${linked}</i></span>` : linked;
  return cell.detail === undefined
    ? marked
    : `${marked}<br><small><code style="white-space:pre-wrap">${escapeHtml(cell.detail)}</code></small>`;
}

/** Only web addresses and relative paths: `javascript:` and its like are refused. */
function safeLink(link: string): string {
  if (/^https?:\/\//i.test(link) || !/^[^/?#]*:/.test(link)) return link;
  throw new UserError(`A table's link must be a web address or a relative path, not "${link}".`);
}

/** A column of numbers, also of formatted ones, stands at the right. */
function alignment(rows: readonly (readonly Cell[])[], column: number): 'left' | 'right' {
  const cells = rows.map((row) => row[column] ?? null).filter((cell) => cell !== null && cellText(cell) !== '');
  return cells.length > 0 &&
    cells.every((cell) => typeof cell === 'number' || /^[+−-]?[\d.,]+( ?%)?( ±.*)?( [†‡])?$/.test(cellText(cell)))
    ? 'right'
    : 'left';
}
