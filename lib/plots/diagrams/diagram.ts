import { instance } from '@viz-js/viz';
import { ink, seriesColor } from '../charts/style';

/** A drawing of boxes and arrows as a plain value. */
export interface Diagram {
  readonly title: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

export interface Box {
  readonly id: string;
  /** One line of text each. */
  readonly lines: readonly string[];
  /** Boxes of one group share a frame with its name, and a colour; a box may stand alone. */
  readonly group?: string;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  /** For what exists in training only. */
  readonly dashed?: boolean;
}

/** The diagram as a picture, laid out from left to right by Graphviz. */
export async function diagramSvg(diagram: Diagram): Promise<string> {
  const svg = (await instance()).renderString(dot(diagram), { format: 'svg' });
  // As wide as there is room, but never so narrow that it cannot be read.
  return svg.replace('<svg ', '<svg style="max-width:max(100%,700px);height:auto" ');
}

/** The diagram in Graphviz's language. */
function dot({ title, boxes, arrows }: Diagram): string {
  const groups = [...new Set(boxes.flatMap(({ group }) => group ?? []))];
  const box = ({ id, lines: text }: Box, color: string): string =>
    `${quoted(id)} [label=${quoted(text.join('\n'))}, color="${color}"];`;
  const alone = boxes.filter(({ group }) => group === undefined).map((one) => box(one, ink));
  const frames = groups.map((group, index) => {
    const color = seriesColor(index);
    const inside = boxes.filter((one) => one.group === group).map((one) => box(one, color));
    return `subgraph "cluster_${index}" { label=${quoted(group)}; fontcolor="${color}"; color="${color}"; style=rounded; margin=12; fontsize=12; ${inside.join(' ')} }`;
  });
  const lines = arrows.map(
    ({ from, to, label = '', dashed = false }) =>
      `${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}, style=${dashed ? 'dashed' : 'solid'}];`,
  );
  return `digraph { label=${quoted(title)}; labelloc=t; labeljust=l; rankdir=LR; margin=0.1; fontname="Helvetica,Arial,sans-serif"; fontsize=14; fontcolor="${ink}"; nodesep=0.25; ranksep=0.45;
node [shape=box, style=rounded, fontname="Helvetica,Arial,sans-serif", fontcolor="${ink}", fontsize=11, margin="0.2,0.08"]; edge [fontname="Helvetica,Arial,sans-serif", fontsize=10, color="#555555"];
${[...alone, ...frames, ...lines].join('\n')}
}`;
}

/** A text of ours or of a data file as Graphviz's string: nothing in it is markup. */
function quoted(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}
