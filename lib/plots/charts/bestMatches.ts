import { label } from '../escape';
import { cellText, type CalibratedOptions, type CalibratedSimilarity } from './calibratedHeatmap';
import type { CellMarks, Figure } from './figure';
import { layerAxis } from './heatmap';
import { baseLayout, seriesColor } from './style';

/**
 * For each layer of the rows, the most similar layer of the columns. Filled points are above chance (p ≤ alpha), hollow
 * ones are not. Hovering shows value, threshold, score and p. Layers without a defined similarity have no point.
 */
export function bestMatches(
  { rows, columns, values }: CalibratedSimilarity,
  { alpha = 0.05, measure = 'CKA', title }: CalibratedOptions = {},
): Figure {
  const side = 420;
  const matches = values.flatMap((row, i) => {
    const best = row.reduce<number | null>(
      (top, cell, j) => (cell && (top === null || cell.observed > row[top]!.observed) ? j : top),
      null,
    );
    const cell = best === null ? null : row[best];
    return best === null || !cell
      ? []
      : [{ row: label(rows.layers[i]!), column: label(columns.layers[best]!), cell, passes: cell.p <= alpha }];
  });
  const trace = (passes: boolean): CellMarks => {
    const shown = matches.filter((match) => match.passes === passes);
    return {
      type: 'scatter',
      mode: 'markers',
      name: passes ? 'above chance' : `not above chance (p &gt; ${alpha})`,
      x: shown.map(({ row }) => row),
      y: shown.map(({ column }) => column),
      marker: {
        size: 11,
        symbol: passes ? 'circle' : 'circle-open',
        color: seriesColor(0),
        line: { color: seriesColor(0), width: 1.5 },
      },
      hovertext: shown.map(({ cell }) => cellText(cell, label(measure))),
      hovertemplate: `${label(rows.model)} %{x}<br>${label(columns.model)} %{y}<br>%{hovertext}<extra></extra>`,
      showlegend: true,
    };
  };
  return {
    data: [trace(true), trace(false)],
    layout: {
      ...baseLayout(title ?? `Best match of each layer by ${measure}: ${rows.model} in ${columns.model}`, {
        width: 640,
        height: side + 150,
      }),
      legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom' },
      showlegend: true,
      xaxis: layerAxis(rows, side, { categoryarray: rows.layers.map(label), showgrid: true }),
      yaxis: layerAxis(columns, side, { categoryarray: columns.layers.map(label), showgrid: true }),
    },
  };
}
