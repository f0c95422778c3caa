import { UserError } from '../../errors';
import { label } from '../html/escape';
import type { Figure, Value } from './figure';
import { baseAxis, baseLayout, darkToBright, emptyCell } from './style';

/** A quantity over two others, as a loss over the teacher's probability and ε. */
export interface Field {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** One row a value of `y`; null where the quantity is undefined. */
  readonly z: readonly (readonly Value[])[];
}

export interface FieldOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly z: string;
  /** The scale's ends; those of the values by default. */
  readonly range?: readonly [number, number];
}

/** A field as a heatmap with numbers on its axes. Throws UserError where the values do not fit the axes or none is defined. */
export function field({ x, y, z }: Field, options: FieldOptions): Figure {
  if (z.length !== y.length || z.some((row) => row.length !== x.length)) {
    throw new UserError(
      `The field "${options.z}" must have ${y.length} rows of ${x.length} values; it has ${z.length} rows of ${[...new Set(z.map((row) => row.length))].join(' or ')}.`,
    );
  }
  const values = z.map((row) => row.map((value) => (value !== null && Number.isFinite(value) ? value : null)));
  const defined = values.flat().filter((value): value is number => value !== null);
  if (defined.length === 0) throw new UserError(`The field "${options.z}" has no defined value; nothing can be drawn.`);
  const [low, high] = options.range ?? [
    defined.reduce((a, b) => Math.min(a, b)),
    defined.reduce((a, b) => Math.max(a, b)),
  ];
  return {
    data: [
      {
        type: 'heatmap',
        x,
        y,
        z: values,
        coloraxis: 'coloraxis',
        hoverongaps: false,
        hovertemplate: `${label(options.x)} %{x:.4g}<br>${label(options.y)} %{y:.4g}<br>${label(options.z)} %{z:.4g}<extra></extra>`,
      },
    ],
    layout: {
      ...baseLayout(options.title, { width: 640, height: 480 }),
      plot_bgcolor: emptyCell,
      coloraxis: {
        cmin: low,
        cmax: high,
        colorscale: darkToBright,
        colorbar: { title: { text: label(options.z) }, thickness: 14, outlinewidth: 0 },
      },
      xaxis: baseAxis(options.x, { showgrid: false }),
      yaxis: baseAxis(options.y, { showgrid: false }),
    },
  };
}
