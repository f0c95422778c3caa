import { UserError } from '../../errors';
import { label } from '../html/escape';
import type { Annotation, Axis, Figure } from './figure';
import { layerAxis, nameLength, similarityTrace, unitScale, type HeatmapOptions, type Similarity } from './heatmap';
import { baseLayout, emptyCell } from './style';

export interface GridOptions extends HeatmapOptions {
  /** Panels side by side; three by default, as in the paper's Figure 1. */
  readonly columns?: number;
}

/** A panel of the grid may have a heading of its own; otherwise it is named after its two models. */
export interface Panel extends Similarity {
  readonly heading?: string;
}

/** A panel's side, and what is kept free around the panels, in pixels. */
const side = 240;
const margin = { l: 16, r: 90, t: 80, b: 16 };
const headingSize = 13;

/** Several heatmaps of similarities in one figure and on one scale, filled row by row from the upper left. */
export function heatmapGrid(
  panels: readonly Panel[],
  { title = '', measure = 'CKA', columns = 3 }: GridOptions = {},
): Figure {
  if (panels.length === 0) throw new UserError('A grid of heatmaps needs at least one heatmap; none was given.');
  const across = Math.min(columns, panels.length);
  const down = Math.ceil(panels.length / across);
  // Names of layers stand at the left of a panel, and below it turned upright; its models' names after them, its heading above.
  const left = 44 + Math.max(...panels.map((panel) => nameLength(panel.rows.layers, side)));
  const below = 44 + Math.max(...panels.map((panel) => nameLength(panel.columns.layers, side)));
  const width = across * (left + side);
  const broken = panels.some((panel) => 0.56 * headingSize * headingLines(panel, false)[0]!.length > left + side);
  const gap = broken ? 30 + 1.3 * headingSize : 30;
  const height = down * (side + below) + (down - 1) * gap;

  const axes: Record<`xaxis${string}` | `yaxis${string}`, Axis> = {};
  const annotations: Annotation[] = [];
  panels.forEach((panel, index) => {
    const number = index === 0 ? '' : String(index + 1);
    const start = (index % across) * (left + side) + left;
    const top = height - Math.floor(index / across) * (side + below + gap);
    const x = [start / width, (start + side) / width] as const;
    const y = [Math.max(0, (top - side) / height), top / height] as const;
    axes[`xaxis${number}`] = layerAxis(panel.columns, side, {
      domain: x,
      anchor: `y${number}`,
      tickangle: 90,
      automargin: false,
    });
    axes[`yaxis${number}`] = layerAxis(panel.rows, side, { domain: y, anchor: `x${number}`, automargin: false });
    annotations.push(heading(headingLines(panel, broken), x, y[1]));
  });

  return {
    data: panels.map((panel, index) => similarityTrace(panel, measure, index)),
    layout: {
      ...baseLayout(title, { width: width + margin.l + margin.r, height: height + margin.t + margin.b }),
      margin,
      plot_bgcolor: emptyCell,
      annotations,
      coloraxis: unitScale(measure, { lenmode: 'pixels', len: side + 60, y: 1, yanchor: 'top' }),
      ...axes,
    },
  };
}

/** Long names take a line each, so that no heading runs into its neighbour's. */
function headingLines({ heading: own, rows, columns }: Panel, broken: boolean): string[] {
  if (own !== undefined) return [own];
  return broken ? [rows.model, `and ${columns.model}`] : [`${rows.model} and ${columns.model}`];
}

function heading(lines: readonly string[], [left, right]: readonly [number, number], top: number): Annotation {
  return {
    text: lines.map(label).join('<br>'),
    x: (left + right) / 2,
    y: top,
    xref: 'paper',
    yref: 'paper',
    xanchor: 'center',
    yanchor: 'bottom',
    showarrow: false,
    font: { size: headingSize },
  };
}
