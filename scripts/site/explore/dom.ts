/** The element of the page with an ID, which must be of this class. */
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no element ${id}`);
  return found;
}

type Attributes = Readonly<Record<string, string>>;

/** Creates an element with attributes and children. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

/** Creates an element of a drawing. */
export function createSvg(
  tag: string,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElement {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function filled<T extends Element>(element: T, attributes: Attributes, children: readonly (Node | string)[]): T {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Creates a table from its header and rows; the first cell of a row is its header. */
export function createTable(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
): HTMLTableElement {
  return create(
    'table',
    { class: 'values' },
    create('caption', {}, caption),
    create('thead', {}, create('tr', {}, ...header.map((text) => create('th', { scope: 'col' }, text)))),
    create(
      'tbody',
      {},
      ...rows.map(([first = '', ...cells]) =>
        create('tr', {}, create('th', { scope: 'row' }, first), ...cells.map((cell) => create('td', {}, cell))),
      ),
    ),
  );
}

/** Per cent with one digit. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
