import type { Figure } from '../plots/charts/figure';
import { Painter, type PictureFormat } from './painter';

declare global {
  /** The one thing kept from cell to cell: tslab loads an edited lib anew, and the process that draws should not be started again. */
  var ofaPainter: Painter | undefined;
}

/** A static picture of a figure. Throws UserError where there is no Python, no kaleido, or the figure cannot be drawn. */
export function picture(figure: Figure, format: PictureFormat, scale = 1.5): Promise<Buffer> {
  if (globalThis.ofaPainter === undefined || globalThis.ofaPainter.replaceable) globalThis.ofaPainter = new Painter();
  return globalThis.ofaPainter.paint(figure, format, scale);
}
