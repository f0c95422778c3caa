import { writeAtomic } from '../io/atomic';
import type { Figure } from '../plots/charts/figure';
import { labelText, escapeHtml } from '../plots/escape';
import { figurePage, type PageSection } from '../plots/html/figurePage';
import { liveHtml } from '../plots/html/live';
import { localPlotly } from './save';
import { figureId, staticPicture } from './show';

/** A section whose figures are not yet HTML. */
export interface FigureSection extends Omit<PageSection, 'figures'> {
  readonly figures: readonly Figure[];
}

/**
 * Writes an HTML page with figures: each live, with its static picture for readers without scripts. A picture that
 * cannot be rendered is left out with a warning.
 */
export async function savePage(title: string, sections: readonly FigureSection[], file: string): Promise<void> {
  const rendered: PageSection[] = [];
  for (const { figures, ...section } of sections) {
    const html: string[] = [];
    for (const figure of figures) html.push(await figureHtml(figure, file));
    rendered.push({ ...section, figures: html });
  }
  await writeAtomic(file, figurePage(title, rendered));
}

async function figureHtml(figure: Figure, file: string): Promise<string> {
  const png = await staticPicture(figure);
  const title = escapeHtml(labelText(figure.layout.title.text));
  const picture = png ? `<img alt="${title}" src="data:image/png;base64,${png.toString('base64')}">\n` : '';
  return picture + liveHtml(figure, figureId(), [localPlotly(file), 'plotly.js']);
}
