import { UserError } from '../../errors';
import { label } from '../escape';
import type { Axis, ColorAxis, ColorBar, Figure, HeatmapTrace, Value } from './figure';
import { baseAxis, baseLayout, darkToBright, emptyCell } from './style';

/** Similarities between all layers of two models. */
export interface Similarity {
  readonly rows: Layers;
  readonly columns: Layers;
  /** One row per layer of `rows`; null or NaN where the similarity is undefined. */
  readonly values: readonly (readonly (number | null | undefined)[])[];
}

/** A model and its layers in order; the first layer is drawn at the lower left. */
export interface Layers {
  readonly model: string;
  readonly layers: readonly string[];
}

/** Adds the names of the two models to similarities that name their layers only, as CKA results do. */
export function betweenModels(
  rowModel: string,
  columnModel: string,
  {
    rows,
    columns,
    values,
  }: { readonly rows: readonly string[]; readonly columns: readonly string[]; readonly values: Similarity['values'] },
): Similarity {
  return { rows: { model: rowModel, layers: rows }, columns: { model: columnModel, layers: columns }, values };
}

export interface HeatmapOptions {
  readonly title?: string;
  /** Name of the similarity measure. Default: CKA. */
  readonly measure?: string;
}

/**
 * A heatmap of similarities. Its colour scale always runs from 0 to 1, so that heatmaps are comparable by eye.
 * Undefined cells stay empty. Throws a UserError if the values do not match the layers, or if a layer's name occurs
 * twice.
 */
export function heatmap(similarity: Similarity, { title, measure = 'CKA' }: HeatmapOptions = {}): Figure {
  const { rows, columns } = similarity;
  const side = 420;
  return {
    data: [similarityTrace(similarity, measure)],
    layout: {
      ...baseLayout(title ?? `${measure}: ${rows.model} and ${columns.model}`, { width: 640, height: side + 120 }),
      plot_bgcolor: emptyCell,
      coloraxis: unitScale(measure),
      xaxis: layerAxis(columns, side),
      yaxis: layerAxis(rows, side),
    },
  };
}

/** The trace of one heatmap on the pair of axes with this index. */
export function similarityTrace({ rows, columns, values }: Similarity, measure: string, index = 0): HeatmapTrace {
  checkLayers(rows);
  checkLayers(columns);
  if (values.length !== rows.layers.length || values.some((row) => row.length !== columns.layers.length)) {
    const lengths = [...new Set(values.map((row) => row.length))].join(' or ');
    throw new UserError(
      `Similarities of ${rows.model} and ${columns.model} must have ${rows.layers.length} rows of ` +
        `${columns.layers.length} values, one for each layer; they have ${values.length} rows of ${lengths} values.`,
    );
  }
  const number = index === 0 ? '' : String(index + 1);
  const [row, column, value] = [label(rows.model), label(columns.model), label(measure)];
  return {
    type: 'heatmap',
    x: columns.layers.map(label),
    y: rows.layers.map(label),
    z: values.map((row) => row.map(defined)),
    coloraxis: 'coloraxis',
    xaxis: `x${number}`,
    yaxis: `y${number}`,
    hoverongaps: false,
    hovertemplate: `${row} %{y}<br>${column} %{x}<br>${value} %{z:.4f}<extra></extra>`,
  };
}

/** A category axis with the layers of a model. Names are skipped if they do not all fit into `pixels`. */
export function layerAxis({ model, layers }: Layers, pixels: number, options: Axis = {}): Axis {
  const room = pixels / Math.max(layers.length, 1);
  return baseAxis(model, {
    type: 'category',
    showgrid: false,
    ticks: '',
    dtick: Math.max(1, Math.ceil(9 / room)),
    tickfont: { size: nameSize(layers, pixels) },
    ...options,
  });
}

/** Font size at which all layer names fit: Plotly drops tick labels closer than 1.3 times their font size. */
function nameSize(layers: readonly string[], pixels: number): number {
  return Math.min(11, Math.max(7, Math.floor(pixels / (1.4 * Math.max(layers.length, 1)))));
}

/** Length of the longest layer name in pixels. */
export function nameLength(layers: readonly string[], pixels: number): number {
  return 0.62 * nameSize(layers, pixels) * Math.max(1, ...layers.map((layer) => layer.length));
}

/** The colour axis from 0 to 1. */
export function unitScale(measure: string, bar: Partial<ColorBar> = {}): ColorAxis {
  return {
    cmin: 0,
    cmax: 1,
    colorscale: darkToBright,
    colorbar: { title: { text: label(measure) }, thickness: 14, outlinewidth: 0, ...bar },
  };
}

function checkLayers({ model, layers }: Layers): void {
  const duplicate = layers.find((layer, index) => layers.indexOf(layer) !== index);
  if (duplicate !== undefined)
    throw new UserError(`Layer "${duplicate}" occurs twice in the layers of ${model}; list each layer once.`);
}

function defined(value: number | null | undefined): Value {
  return value === null || value === undefined || !Number.isFinite(value) ? null : value;
}
