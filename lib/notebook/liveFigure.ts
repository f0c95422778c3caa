import type { Display } from 'tslab';

import type { Figure } from '../plots/charts/figure';
import { liveHtml } from '../plots/html/live';
import { kernel } from './kernel';
import { describe, figureId, staticPicture } from './show';

/** A figure that is drawn anew in its place while it grows, at most once a second. */
export interface LiveFigure {
  update(figure: Figure): void;
  /** Draws the last state, its static picture too; a script prints it. */
  finish(): Promise<void>;
}

/** Shows a figure that will grow, as the curve of a run under way. In a script only the last state is printed. */
export async function liveFigure(first: Figure, interval = 1000): Promise<LiveFigure> {
  const tslab = kernel();
  let latest = first;
  if (!tslab)
    return {
      update: (figure) => {
        latest = figure;
      },
      finish: async () => void process.stdout.write(`${describe(latest)}\n`),
    };

  const still = tslab.newDisplay();
  const live = tslab.newDisplay();
  const id = figureId();
  let drawn = 0;
  await showPicture(still, first);
  const draw = (): void => {
    drawn = Date.now();
    live.html(liveHtml(latest, id));
  };
  draw();
  return {
    update(figure) {
      latest = figure;
      if (Date.now() - drawn >= interval) draw();
    },
    async finish() {
      await showPicture(still, latest);
      draw();
    },
  };
}

async function showPicture(display: Display, figure: Figure): Promise<void> {
  const png = await staticPicture(figure);
  if (png) display.png(png);
}
