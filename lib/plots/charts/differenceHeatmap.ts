import { UserError } from '../../errors';
import { label } from '../escape';
import type { Figure } from './figure';
import { heatmap, type HeatmapOptions, type Similarity } from './heatmap';
import { belowToAbove } from './style';

export interface DifferenceOptions extends HeatmapOptions {
  /** Names of the two states, such as `from scratch` and `with OFA`. */
  readonly names: readonly [before: string, after: string];
}

/**
 * The difference of two heatmaps of the same layers, after − before. The colour scale is symmetric about 0, where it is
 * white, and ends at the largest difference. Hovering shows both values. A cell that is undefined in either is empty.
 * Throws a UserError if the layers differ.
 */
export function differenceHeatmap(
  before: Similarity,
  after: Similarity,
  { names, title, measure = 'CKA' }: DifferenceOptions,
): Figure {
  for (const side of ['rows', 'columns'] as const) checkSameLayers(before[side].layers, after[side].layers, side);
  const [from, to] = [before, after].map(({ values }) => values.map((row) => row.map((value) => value ?? NaN)));
  const values = to!.map((row, i) => row.map((value, j) => value - from![i]![j]!));
  const { data, layout } = heatmap(
    { ...after, values },
    { title: title ?? `${measure} ${names[1]} − ${names[0]}`, measure },
  );
  const [trace] = data;
  if (trace?.type !== 'heatmap' || !layout.coloraxis) return { data, layout };
  const largest = values.flat().reduce((max, value) => Math.max(max, Number.isNaN(value) ? 0 : Math.abs(value)), 0);
  const limit = largest === 0 ? 1 : largest;
  const text = values.map((row, i) =>
    row.map((value, j) => {
      const [a, b] = [from![i]![j]!, to![i]![j]!].map((one) => one.toFixed(4));
      return `${label(names[0])} ${a}<br>${label(names[1])} ${b}<br>difference ${value.toFixed(4)}`;
    }),
  );
  const place = `${label(after.rows.model)} %{y}<br>${label(after.columns.model)} %{x}`;
  return {
    data: [{ ...trace, text, hovertemplate: `${place}<br>%{text}<extra></extra>` }],
    layout: {
      ...layout,
      coloraxis: {
        ...layout.coloraxis,
        cmin: -limit,
        cmax: limit,
        colorscale: belowToAbove,
        colorbar: { ...layout.coloraxis.colorbar, title: { text: `Δ ${label(measure)}` } },
      },
    },
  };
}

function checkSameLayers(before: readonly string[], after: readonly string[], side: string): void {
  if (before.length === after.length && before.every((layer, i) => layer === after[i])) return;
  throw new UserError(
    `A difference of heatmaps needs the same layers in both, but the ${side} differ: ` +
      `${before.length} and ${after.length} layers. Compare the same layers before and after.`,
  );
}
