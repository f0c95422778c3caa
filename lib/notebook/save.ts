import path from 'node:path';

import { UserError } from '../errors';
import { writeAtomic } from '../io/atomic';
import { escapeHtml, labelText } from '../plots/html/escape';
import type { Figure } from '../plots/charts/figure';
import { liveHtml } from '../plots/html/live';
import { picture } from './picture';
import { figureId } from './show';

/**
 * Writes a figure as `.png` (at three pixels a point, for print), `.svg`, or `.html` (live, with the picture inside for
 * readers without scripts). Throws UserError on another ending, or where no picture can be drawn or no
 * file written.
 */
export async function saveFigure(figure: Figure, file: string): Promise<void> {
  await writeAtomic(file, await render(figure, file));
}

async function render(figure: Figure, file: string): Promise<Buffer | string> {
  switch (path.extname(file)) {
    case '.png':
      return picture(figure, 'png', 3);
    case '.svg':
      return picture(figure, 'svg', 1);
    case '.html':
      return page(figure, file);
    default:
      throw new UserError(`A figure is written as .png, .svg or .html, not as "${path.basename(file)}".`);
  }
}

async function page(figure: Figure, file: string): Promise<string> {
  const png = await picture(figure, 'png', 2);
  const title = escapeHtml(labelText(figure.layout.title.text));
  const ours = path.relative(
    path.dirname(path.resolve(file)),
    path.resolve('node_modules', 'plotly.js-dist', 'plotly.js'),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head><body>
<img alt="${title}" style="max-width:100%" src="data:image/png;base64,${png.toString('base64')}">
${liveHtml(figure, figureId(), [ours, 'plotly.js'])}
</body></html>
`;
}
