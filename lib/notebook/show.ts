import { randomUUID } from 'node:crypto';

import { UserError } from '../errors';
import { labelText } from '../plots/escape';
import type { Figure, Trace } from '../plots/charts/figure';
import { liveHtml } from '../plots/html/live';
import { jupyterKernel } from './jupyterKernel';
import { renderPicture } from './renderPicture';

export interface ShowOptions {
  /** Whether to add the live figure. False if it has nothing to hover over. */
  readonly live?: boolean;
}

/**
 * Shows a figure. A notebook gets its static picture, which GitHub displays, and the live figure, which replaces the
 * picture where scripts run (JupyterLab, the HTML page). A script prints a description.
 */
export async function show(figure: Figure, { live = true }: ShowOptions = {}): Promise<void> {
  const tslab = jupyterKernel();
  if (!tslab) return void process.stdout.write(`${describe(figure)}\n`);
  const png = await staticPicture(figure);
  if (png) tslab.display.png(png);
  if (live || !png) tslab.display.html(liveHtml(figure, figureId()));
}

/** Returns the picture, or null with a warning if none can be rendered: the live figure still works. */
export async function staticPicture(figure: Figure): Promise<Buffer | null> {
  try {
    return await renderPicture(figure, 'png');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.warn(error.message);
    return null;
  }
}

/** Returns a unique id for a figure's HTML element. */
export function figureId(): string {
  return `figure-${randomUUID()}`;
}

/** Describes a figure as text: its title and the size and range of each trace. */
export function describe({ data, layout }: Figure): string {
  const title = layout.title.text === '' ? 'Figure' : labelText(layout.title.text);
  return [
    title,
    ...data
      .filter((trace) => !('showlegend' in trace && trace.showlegend === false))
      .map((trace) => `  ${describeTrace(trace)}`),
  ].join('\n');
}

function describeTrace(trace: Trace): string {
  if (trace.type === 'heatmap') return `heatmap of ${trace.y.length} × ${trace.x.length}, ${range(trace.z.flat())}`;
  if ('hovertext' in trace) return `${labelText(trace.name)}: ${trace.x.length} cells`;
  const values = 'text' in trace ? trace.x : trace.y;
  return `${labelText(trace.name)}: ${values.length} ${trace.type === 'bar' ? 'bars' : 'points'}, ${range(values)}`;
}

function range(values: readonly (number | null)[]): string {
  const defined = values.filter((value): value is number => value !== null);
  if (defined.length === 0) return 'no defined value';
  const [low, high] = [defined.reduce((a, b) => Math.min(a, b)), defined.reduce((a, b) => Math.max(a, b))];
  const empty = values.length - defined.length;
  return `from ${low.toPrecision(4)} to ${high.toPrecision(4)}${empty > 0 ? `, ${empty} undefined` : ''}`;
}
