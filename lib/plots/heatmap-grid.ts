import { UserError } from '../errors';
import { label } from './escape';
import type { Annotation, Axis, Figure } from './figure';
import { layerAxis, similarityTrace, unitScale, type HeatmapOptions, type Similarity } from './heatmap';
import { baseLayout, emptyCell } from './style';

export interface GridOptions extends HeatmapOptions {
  /** Panels side by side; three by default, as in the paper's Figure 1. */
  readonly columns?: number;
}

/** A panel of the grid may have a heading of its own; otherwise it is named after its two models. */
export interface Panel extends Similarity {
  readonly heading?: string;
}

/** Several heatmaps of similarities in one figure and on one scale, filled row by row from the upper left. */
export function heatmapGrid(panels: readonly Panel[], { title = '', measure = 'CKA', columns = 3 }: GridOptions = {}): Figure {
  if (panels.length === 0) throw new UserError('A grid of heatmaps needs at least one heatmap; none was given.');
  const across = Math.min(columns, panels.length);
  const down = Math.ceil(panels.length / across);
  const side = 250;
  const size = { width: across * (side + 80) + 90, height: down * (side + 110) + 70 };

  const axes: Record<`xaxis${string}` | `yaxis${string}`, Axis> = {};
  const annotations: Annotation[] = [];
  panels.forEach((panel, index) => {
    const number = index === 0 ? '' : String(index + 1);
    const x = interval(index % across, across);
    const y = interval(down - 1 - Math.floor(index / across), down);
    axes[`xaxis${number}`] = layerAxis(panel.columns, side, { domain: x, anchor: `y${number}` });
    axes[`yaxis${number}`] = layerAxis(panel.rows, side, { domain: y, anchor: `x${number}` });
    annotations.push(heading(panel.heading ?? `${panel.rows.model} and ${panel.columns.model}`, x, y[1]));
  });

  return {
    data: panels.map((panel, index) => similarityTrace(panel, measure, index)),
    layout: {
      ...baseLayout(title, size), plot_bgcolor: emptyCell, coloraxis: unitScale(measure), annotations, ...axes,
    },
  };
}

/** The share of the paper that the panel of that number takes: room is left for names before it and a heading above. */
function interval(index: number, count: number): readonly [number, number] {
  const gap = count === 1 ? 0 : 0.26 / count;
  const length = (1 - gap * (count - 1)) / count;
  const start = index * (length + gap);
  return [start, Math.min(1, start + length)];
}

function heading(text: string, [left, right]: readonly [number, number], top: number): Annotation {
  return {
    text: label(text), x: (left + right) / 2, y: top, xref: 'paper', yref: 'paper', xanchor: 'center', yanchor: 'bottom', showarrow: false, font: { size: 13 },
  };
}
