import { instance } from '@viz-js/viz';
import { ink, seriesColor } from '../charts/style';

/** A diagram of boxes and arrows as a plain value. */
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
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  /** For parts that exist during training only. */
  readonly dashed?: boolean;
}

/** Graphviz lays texts out in larger letters than are shown: the fonts of a reader may be wider than Helvetica. */
const layoutScale = 1.25;

/** Renders a diagram as SVG, laid out from left to right by Graphviz. */
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
  const box = ({ id, lines: text }: Box, color: string): string =>
    `${quoted(id)} [label=${quoted(text.join('\n'))}, color="${color}"];`;
  const alone = boxes.filter(({ group }) => group === undefined).map((one) => box(one, ink));
  const frames = groups.map((group, index) => {
    const color = seriesColor(index);
    const inside = boxes.filter((one) => one.group === group).map((one) => box(one, color));
    const style = `fontcolor="${color}"; color="${color}"; style=rounded; margin=12; fontsize=${12 * layoutScale}`;
    return `subgraph "cluster_${index}" { label=${quoted(group)}; ${style}; ${inside.join(' ')} }`;
  });
  const lines = arrows.map(
    ({ from, to, label = '', dashed = false }) =>
      `${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}, style=${dashed ? 'dashed' : 'solid'}];`,
  );
  const font = 'fontname="Helvetica,Arial,sans-serif"';
  return `digraph {
label=${quoted(title)}; labelloc=t; labeljust=l; rankdir=LR; margin=0.1; nodesep=0.25; ranksep=0.3;
${font}; fontsize=${14 * layoutScale}; fontcolor="${ink}";
node [shape=box, style=rounded, ${font}, fontcolor="${ink}", fontsize=${11 * layoutScale}, margin="0.12,0.06"];
edge [${font}, fontsize=${10 * layoutScale}, color="#555555"];
${[...alone, ...frames, ...lines].join('\n')}
}`;
}

/** A quoted DOT string without markup, for texts that may come from data files. */
function quoted(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}
