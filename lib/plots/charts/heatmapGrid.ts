import { UserError } from '../../errors';
import { label } from '../escape';
import type { Annotation, Axis, Figure } from './figure';
import { layerAxis, nameLength, similarityTrace, unitScale, type HeatmapOptions, type Similarity } from './heatmap';
import { baseLayout, emptyCell } from './style';

export interface GridOptions extends HeatmapOptions {
  /** Number of panels in a row. Default: three, as in the paper's Figure 1. */
  readonly columns?: number;
}

/** A panel of the grid. Default heading: the names of its two models. */
export interface Panel extends Similarity {
  readonly heading?: string;
}

/** The sides of a panel, the width of a notebook's page, and the margin around all panels, in pixels. */
const maxSide = 240;
const minSide = 150;
const pageWidth = 970;
const margin = { l: 16, r: 90, t: 80, b: 16 };
const headingSize = 13;

/** Several heatmaps with one colour scale, row by row from the upper left. Throws a UserError without panels. */
export function heatmapGrid(
  panels: readonly Panel[],
  { title = '', measure = 'CKA', columns = 3 }: GridOptions = {},
): Figure {
  if (panels.length === 0) throw new UserError('Cannot draw a grid of heatmaps without panels; pass at least one.');
  const across = Math.min(columns, panels.length);
  const down = Math.ceil(panels.length / across);
  // Room for the layer names and the model's name, to the left of a panel and below it.
  const left = 44 + Math.max(...panels.map((panel) => nameLength(panel.rows.layers, maxSide)));
  const available = Math.floor((pageWidth - margin.l - margin.r) / across) - left;
  const side = Math.min(maxSide, Math.max(minSide, available));
  const below = 44 + Math.max(...panels.map((panel) => nameLength(panel.columns.layers, side)));
  const width = across * (left + side);
  const isTwoLines = panels.some((panel) => 0.56 * headingSize * headingLines(panel, false)[0]!.length > left + side);
  const gap = isTwoLines ? 30 + 1.3 * headingSize : 30;
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
    annotations.push(heading(headingLines(panel, isTwoLines), x, y[1]));
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

/** The lines of a heading; long model names get one line each, so that neighbouring headings do not overlap. */
function headingLines({ heading: own, rows, columns }: Panel, isTwoLines: boolean): string[] {
  if (own !== undefined) return [own];
  return isTwoLines ? [rows.model, `and ${columns.model}`] : [`${rows.model} and ${columns.model}`];
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
