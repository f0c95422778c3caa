import { randomUUID } from 'node:crypto';

import { UserError } from '../errors';
import { labelText } from '../plots/html/escape';
import type { Figure, Trace } from '../plots/charts/figure';
import { liveHtml } from '../plots/html/live';
import { kernel } from './kernel';
import { picture } from './picture';

export interface ShowOptions {
  /** Whether there is a live figure, too: not where there is nothing to hover over. */
  readonly live?: boolean;
}

/**
 * Shows a figure. In a notebook: its static picture, which GitHub shows, then the live figure, which takes the picture's
 * place where scripts run (JupyterLab, the HTML page). In a script: a line on the terminal.
 */
export async function show(figure: Figure, { live = true }: ShowOptions = {}): Promise<void> {
  const tslab = kernel();
  if (!tslab) return void process.stdout.write(`${describe(figure)}\n`);
  const png = await staticPicture(figure);
  if (png) tslab.display.png(png);
  if (live || !png) tslab.display.html(liveHtml(figure, figureId()));
}

/** The picture, or null with a warning where none can be drawn: the live figure can do without. */
export async function staticPicture(figure: Figure): Promise<Buffer | null> {
  try {
    return await picture(figure, 'png');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.warn(error.message);
    return null;
  }
}

/** An element's id that no other figure of any page has. */
export function figureId(): string {
  return `figure-${randomUUID()}`;
}

/** A figure in words: its title and what each of its traces holds. */
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
