import path from 'node:path';

import { UserError } from '../errors';
import { writeAtomic } from '../io/atomic';
import { escapeHtml, labelText } from '../plots/escape';
import type { Figure } from '../plots/charts/figure';
import { liveHtml } from '../plots/html/live';
import { renderPicture } from './renderPicture';
import { figureId } from './show';

/**
 * Writes a figure as `.png` (three pixels per point, for print), `.svg`, or `.html` (live, with the static picture for
 * readers without scripts). Throws a UserError for another extension, or if the picture or the file cannot be written.
 */
export async function saveFigure(figure: Figure, file: string): Promise<void> {
  await writeAtomic(file, await render(figure, file));
}

async function render(figure: Figure, file: string): Promise<Buffer | string> {
  switch (path.extname(file)) {
    case '.png':
      return renderPicture(figure, 'png', 3);
    case '.svg':
      return renderPicture(figure, 'svg', 1);
    case '.html':
      return page(figure, file);
    default:
      throw new UserError(`Cannot save a figure as "${path.basename(file)}": use the extension .png, .svg or .html.`);
  }
}

async function page(figure: Figure, file: string): Promise<string> {
  const png = await renderPicture(figure, 'png', 2);
  const title = escapeHtml(labelText(figure.layout.title.text));
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body>
<img alt="${title}" style="max-width:100%" src="data:image/png;base64,${png.toString('base64')}">
${liveHtml(figure, figureId(), [localPlotly(file), 'plotly.js'])}
</body></html>
`;
}

/** The path from a page to this project's copy of plotly.js. */
export function localPlotly(file: string): string {
  return path.relative(path.dirname(path.resolve(file)), path.resolve('node_modules', 'plotly.js-dist', 'plotly.js'));
}
