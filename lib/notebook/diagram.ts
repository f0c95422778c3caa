import { writeAtomic } from '../io/atomic';
import { diagramSvg, type Diagram } from '../plots/diagrams/diagram';
import { jupyterKernel } from './jupyterKernel';

/** Shows a diagram as SVG, and writes it to `saveAs` if given. A script prints the arrows as text. */
export async function diagram(content: Diagram, { saveAs }: { readonly saveAs?: string } = {}): Promise<void> {
  const svg = await diagramSvg(content);
  if (saveAs !== undefined) await writeAtomic(saveAs, svg);
  const tslab = jupyterKernel();
  if (tslab) return tslab.display.svg(svg);
  console.log([content.title, ...arrowTexts(content)].join('\n'));
}

function arrowTexts({ boxes, arrows }: Diagram): string[] {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const name = (id: string, ofGroup = false): string | undefined =>
    ofGroup ? byId.get(id)?.group : byId.get(id)?.lines.join(', ');
  return arrows.map(({ from, to, fromGroup }) => `  ${name(from, fromGroup)} → ${name(to)}`);
}
