import type { Display } from 'tslab';

import type { Figure } from '../plots/charts/figure';
import { liveHtml } from '../plots/html/live';
import { jupyterKernel } from './jupyterKernel';
import { describe, figureId, staticPicture } from './show';

/** A figure that is redrawn in its place while its data grow, by default at most once a second. */
export interface LiveFigure {
  update(figure: Figure): void;
  /** Draws the last state and its static picture; a script prints it. */
  finish(): Promise<void>;
}

/** Shows a figure whose data will grow, such as a learning curve. A script prints only the last state. */
export async function liveFigure(first: Figure, interval = 1000): Promise<LiveFigure> {
  const tslab = jupyterKernel();
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
