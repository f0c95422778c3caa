import { diagramSvg, type Diagram } from '../plots/diagrams/diagram';
import { kernel } from './kernel';

/** Shows a diagram as a picture; in a script, its arrows as text. */
export async function diagram(content: Diagram): Promise<void> {
  const tslab = kernel();
  if (tslab) return tslab.display.svg(await diagramSvg(content));
  const names = new Map(content.boxes.map(({ id, lines }) => [id, lines.join(', ')]));
  console.log(
    [
      content.title,
      ...content.arrows.map(
        ({ from, to, label }) => `  ${names.get(from)} → ${names.get(to)}${label ? ` (${label})` : ''}`,
      ),
    ].join('\n'),
  );
}
