import { UserError } from '../../errors';
import { label } from '../html/escape';
import type { Axis, ColorAxis, ColorBar, Figure, HeatmapTrace, Value } from './figure';
import { baseAxis, baseLayout, darkToBright, emptyCell } from './style';

/** The similarity of every layer of one model to every layer of another. */
export interface Similarity {
  readonly rows: Layers;
  readonly columns: Layers;
  /** One row a layer of `rows`; null (or NaN) where the similarity is undefined. */
  readonly values: readonly (readonly (number | null | undefined)[])[];
}

/** A model and its layers from the input on; the first is drawn at the lower left. */
export interface Layers {
  readonly model: string;
  readonly layers: readonly string[];
}

/** Similarities as CKA gives them, by the names of the layers alone, between two models of these names. */
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
  /** What a cell's value is called. */
  readonly measure?: string;
}

/**
 * A heatmap of similarities on the fixed scale 0 to 1, dark to bright, so that any two can be compared by eye.
 * Undefined cells stay empty. Throws UserError where values and layers do not fit or a layer's name returns.
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

/** The trace of one heatmap, in the axes of that number, counted from 0. */
export function similarityTrace({ rows, columns, values }: Similarity, measure: string, index = 0): HeatmapTrace {
  checkLayers(rows);
  checkLayers(columns);
  if (values.length !== rows.layers.length || values.some((row) => row.length !== columns.layers.length)) {
    throw new UserError(
      `The similarities of ${rows.model} and ${columns.model} must have ${rows.layers.length} rows of ${columns.layers.length} values, ` +
        `one a layer; they have ${values.length} rows of ${[...new Set(values.map((row) => row.length))].join(' or ')} values.`,
    );
  }
  const number = index === 0 ? '' : String(index + 1);
  return {
    type: 'heatmap',
    x: columns.layers.map(label),
    y: rows.layers.map(label),
    z: values.map((row) => row.map(defined)),
    coloraxis: 'coloraxis',
    xaxis: `x${number}`,
    yaxis: `y${number}`,
    hoverongaps: false,
    hovertemplate: `${label(rows.model)} %{y}<br>${label(columns.model)} %{x}<br>${label(measure)} %{z:.4f}<extra></extra>`,
  };
}

/** The axis of a model's layers along so many pixels, named one by one as long as the names have room. */
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

/** The size of letters at which the names of layers fit beside each other: Plotly leaves out lines closer than 1.3 times that. */
function nameSize(layers: readonly string[], pixels: number): number {
  return Math.min(11, Math.max(7, Math.floor(pixels / (1.4 * Math.max(layers.length, 1)))));
}

/** The pixels that the longest name takes along its line. */
export function nameLength(layers: readonly string[], pixels: number): number {
  return 0.62 * nameSize(layers, pixels) * Math.max(1, ...layers.map((layer) => layer.length));
}

/** The fixed scale from 0 to 1. */
export function unitScale(measure: string, bar: Partial<ColorBar> = {}): ColorAxis {
  return {
    cmin: 0,
    cmax: 1,
    colorscale: darkToBright,
    colorbar: { title: { text: label(measure) }, thickness: 14, outlinewidth: 0, ...bar },
  };
}

function checkLayers({ model, layers }: Layers): void {
  const again = layers.find((layer, index) => layers.indexOf(layer) !== index);
  if (again !== undefined)
    throw new UserError(`The layer "${again}" stands twice in the list of ${model}'s layers; give each layer once.`);
}

function defined(value: number | null | undefined): Value {
  return value === null || value === undefined || !Number.isFinite(value) ? null : value;
}
