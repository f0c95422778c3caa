import { instance } from '@viz-js/viz';
import { ink, seriesColor } from '../charts/style';

/** A diagram of boxes and arrows as a plain value. Boxes are laid out on a grid. */
export interface Diagram {
  readonly title: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

export interface Box {
  readonly id: string;
  /** Lines of text. */
  readonly lines: readonly string[];
  /** Boxes of a group share a colour and a frame with the group's name. */
  readonly group?: string;
  /** Counted from 0. */
  readonly row: number;
  readonly column: number;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** The arrow starts at the frame of the group of `from`. */
  readonly fromGroup?: boolean;
  /** For parts that exist during training only. */
  readonly dashed?: boolean;
}

/** Graphviz lays texts out in larger letters than are shown: the fonts of a reader may be wider than Helvetica. */
const layoutScale = 1.25;

/** Renders a diagram as SVG by Graphviz. */
export async function diagramSvg(diagram: Diagram): Promise<string> {
  const svg = (await instance()).renderString(dot(diagram), { format: 'svg' });
  return (
    svg
      .replace(/font-size="([\d.]+)"/g, (_, size: string) => `font-size="${(Number(size) / layoutScale).toFixed(2)}"`)
      // Shrinks with the page, but stays legible on narrow ones.
      .replace('<svg ', '<svg style="max-width:max(100%,700px);height:auto" ')
  );
}

/** The diagram in Graphviz's DOT language. */
function dot({ title, boxes, arrows }: Diagram): string {
  const groups = [...new Set(boxes.flatMap(({ group }) => group ?? []))];
  const box = ({ id, lines: text, column }: Box, color: string): string =>
    `${quoted(id)} [label=${quoted(text.join('\n'))}, color="${color}", group="column ${column}"];`;
  const alone = boxes.filter(({ group }) => group === undefined).map((one) => box(one, ink));
  const frames = groups.map((group, index) => {
    const color = seriesColor(index);
    const inside = boxes.filter((one) => one.group === group).map((one) => box(one, color));
    const style = `fontcolor="${color}"; color="${color}"; style=rounded; margin=12; fontsize=${12 * layoutScale}`;
    return `subgraph "cluster_${index}" { label=${quoted(group)}; ${style}; ${inside.join(' ')} }`;
  });
  const boxOf = (id: string): Box => {
    const found = boxes.find((one) => one.id === id);
    if (!found) throw new Error(`an arrow of the diagram "${title}" names the box ${id}, which it does not have`);
    return found;
  };
  const drawn = arrows.map(({ from, to, fromGroup = false, dashed = false }) => {
    const [start, end] = [boxOf(from), boxOf(to)];
    const sameRow = start.row === end.row;
    const attributes = [
      `style=${dashed ? 'dashed' : 'solid'}`,
      `weight=${sameRow ? inRow : 1}`,
      // Arrows against the order of the grid must not change it.
      `constraint=${sameRow ? start.column < end.column : start.row < end.row}`,
      ...(fromGroup && start.group !== undefined ? [`ltail="cluster_${groups.indexOf(start.group)}"`] : []),
    ];
    return `${quoted(from)} -> ${quoted(to)} [${attributes.join(', ')}];`;
  });
  const font = 'fontname="Helvetica,Arial,sans-serif"';
  return `digraph {
label=${quoted(title)}; labelloc=t; labeljust=l; margin=0.1; nodesep=0.3; ranksep=0.4; newrank=true; compound=true;
${font}; fontsize=${14 * layoutScale}; fontcolor="${ink}";
node [shape=box, style=rounded, ${font}, fontcolor="${ink}", fontsize=${11 * layoutScale}, margin="0.12,0.06"];
edge [color="#555555"];
${[...alone, ...frames, ...grid(boxes, arrows), ...drawn].join('\n')}
}`;
}

/** How strongly Graphviz keeps the arrows of a row straight. */
const inRow = 20;

/** Statements that keep rows and columns in order; boxes without an arrow between them get an invisible one. */
function grid(boxes: readonly Box[], arrows: readonly Arrow[]): string[] {
  const linked = new Set(arrows.map(({ from, to }) => `${from} ${to}`));
  const ordered = [...boxes].sort((a, b) => a.row - b.row || a.column - b.column);
  const lines = (key: 'row' | 'column'): Box[][] =>
    [...new Set(boxes.map((box) => box[key]))].map((value) => ordered.filter((box) => box[key] === value));
  const invisible = (line: readonly Box[], weight: number): string[] =>
    line.slice(1).flatMap(({ id }, i) => {
      const before = line[i]!.id;
      const pair = `${quoted(before)} -> ${quoted(id)}`;
      return linked.has(`${before} ${id}`) ? [] : [`${pair} [style=invis, weight=${weight}];`];
    });
  return [
    ...lines('row').map((line) => `{ rank=same; ${line.map(({ id }) => quoted(id)).join('; ')} }`),
    ...lines('row').flatMap((line) => invisible(line, inRow)),
    ...lines('column').flatMap((line) => invisible(line, 1)),
  ];
}

/** A quoted DOT string without markup, for texts that may come from data files. */
function quoted(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}
