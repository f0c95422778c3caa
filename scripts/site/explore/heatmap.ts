import { create } from './dom';

/** From light to dark: similarity 0 and 1. */
const ends = [
  [255, 255, 229],
  [0, 90, 50],
] as const;

/** Draws similarities as a table with coloured cells. */
export function heatmap(
  caption: string,
  rows: readonly string[],
  columns: readonly string[],
  values: readonly (readonly (number | null)[])[],
): HTMLTableElement {
  return create(
    'table',
    { class: 'heatmap' },
    create('caption', {}, caption),
    create(
      'thead',
      {},
      create(
        'tr',
        {},
        create('td'),
        ...columns.map((name) => create('th', { scope: 'col' }, create('span', {}, name))),
      ),
    ),
    create(
      'tbody',
      {},
      ...rows.map((name, i) =>
        create('tr', {}, create('th', { scope: 'row' }, name), ...values[i]!.map((value) => cell(value))),
      ),
    ),
  );
}

function cell(value: number | null): HTMLTableCellElement {
  if (value === null) return create('td', { title: 'a constant layer has no similarity' }, '–');
  const share = Math.min(Math.max(value, 0), 1);
  const [red, green, blue] = ends[0].map((from, i) => Math.round(from + share * (ends[1][i]! - from)));
  // Black where it has more contrast, white elsewhere: at least 4.5.
  const ink = share < 0.755 ? '#000' : '#fff';
  return create('td', { style: `background: rgb(${red} ${green} ${blue}); color: ${ink}` }, value.toFixed(2));
}
