import { label } from '../escape';
import type { CellMarks, Figure } from './figure';
import { heatmap, type HeatmapOptions, type Layers } from './heatmap';

/** A similarity beside what chance reaches: see `lib/similarity/calibration.ts`. */
export interface CalibratedCell {
  readonly observed: number;
  readonly score: number;
  readonly p: number;
  readonly threshold: number;
}

/** Calibrated similarities between all layers of two models; null where the similarity is undefined. */
export interface CalibratedSimilarity {
  readonly rows: Layers;
  readonly columns: Layers;
  readonly values: readonly (readonly (CalibratedCell | null)[])[];
}

export interface CalibratedOptions extends HeatmapOptions {
  /** Cells with a p-value above it are marked. Default: 0.05. */
  readonly alpha?: number;
}

/**
 * A heatmap of similarities in which a cross marks the cells that chance explains (p > alpha). Buttons switch between
 * the raw values and the calibrated scores. Hovering shows value, threshold, score and p.
 */
export function calibratedHeatmap(
  { rows, columns, values }: CalibratedSimilarity,
  { alpha = 0.05, measure = 'CKA', ...options }: CalibratedOptions = {},
): Figure {
  const numbers = (of: (cell: CalibratedCell) => number): (number | null)[][] =>
    values.map((row) => row.map((cell) => (cell ? of(cell) : null)));
  const raw = numbers(({ observed }) => observed);
  const score = numbers((cell) => cell.score);
  const { data, layout } = heatmap({ rows, columns, values: raw }, { measure, ...options });
  const [trace] = data;
  if (trace?.type !== 'heatmap') return { data, layout };
  const text = values.map((row) => row.map((cell) => (cell ? cellText(cell, label(measure)) : '')));
  const hovertemplate = `${label(rows.model)} %{y}<br>${label(columns.model)} %{x}<br>%{text}<extra></extra>`;
  return {
    data: [{ ...trace, text, hovertemplate }, marks(trace.x, trace.y, values, alpha)],
    layout: {
      ...layout,
      // Room for the buttons below the title.
      height: layout.height + 40,
      margin: { ...layout.margin, t: layout.margin.t + 40 },
      updatemenus: [
        {
          type: 'buttons',
          direction: 'right',
          x: 1,
          xanchor: 'right',
          y: 1.02,
          yanchor: 'bottom',
          showactive: true,
          buttons: [
            { label: 'raw', method: 'restyle', args: [{ z: [raw] }, [0]] },
            { label: 'calibrated', method: 'restyle', args: [{ z: [score] }, [0]] },
          ],
        },
      ],
      annotations: [
        {
          text: `× not above chance (p &gt; ${alpha})`,
          x: 0,
          y: 1.03,
          xref: 'paper',
          yref: 'paper',
          xanchor: 'left',
          yanchor: 'bottom',
          showarrow: false,
          font: { size: 12 },
        },
      ],
    },
  };
}

/** The lines of a tooltip. */
export function cellText({ observed, threshold, score, p }: CalibratedCell, measure: string): string {
  return [
    `${measure} ${observed.toFixed(4)}`,
    `threshold ${threshold.toFixed(4)}`,
    `calibrated ${score.toFixed(4)}`,
    `p = ${p.toPrecision(2)}`,
  ].join('<br>');
}

function marks(
  x: readonly (string | number)[],
  y: readonly (string | number)[],
  values: CalibratedSimilarity['values'],
  alpha: number,
): CellMarks {
  const marked = values.flatMap((row, i) =>
    row.flatMap((cell, j) => (cell && cell.p > alpha ? [{ column: x[j]!, row: y[i]! }] : [])),
  );
  return {
    type: 'scatter',
    mode: 'markers',
    name: 'not above chance',
    x: marked.map(({ column }) => column),
    y: marked.map(({ row }) => row),
    marker: { size: 9, symbol: 'x', color: '#ffffff', line: { color: '#000000', width: 1 } },
    hovertext: [],
    showlegend: false,
    hoverinfo: 'skip',
  };
}
