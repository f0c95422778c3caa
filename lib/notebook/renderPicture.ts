import type { Figure } from '../plots/charts/figure';
import { FigureRenderer, type PictureFormat } from './figureRenderer';

declare global {
  /** Global, because tslab reloads an edited module, and the process should outlive that. */
  var ofaFigureRenderer: FigureRenderer | undefined;
}

/**
 * Renders a figure as a picture, in one Python process for all figures. Throws a UserError if Python or kaleido is
 * missing, or if the figure cannot be rendered.
 */
export function renderPicture(figure: Figure, format: PictureFormat, scale = 1.5): Promise<Buffer> {
  if (globalThis.ofaFigureRenderer === undefined || globalThis.ofaFigureRenderer.replaceable)
    globalThis.ofaFigureRenderer = new FigureRenderer();
  return globalThis.ofaFigureRenderer.render(figure, format, scale);
}
