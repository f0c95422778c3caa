import { UserError } from '../../errors';
import { label } from '../escape';
import type { Figure, Value } from './figure';
import { baseAxis, baseLayout, darkToBright, emptyCell } from './style';

/** A function of two variables on a grid, for instance a loss over the teacher's probability and ε. */
export interface Field {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** One row per value of `y`; null where the function is undefined. */
  readonly z: readonly (readonly Value[])[];
}

export interface FieldOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly z: string;
  /** Ends of the colour scale. Default: the smallest and largest value. */
  readonly range?: readonly [number, number];
}

/**
 * A heatmap with numeric axes. Throws a UserError if the grid does not match its axes or has no defined value.
 */
export function field({ x, y, z }: Field, options: FieldOptions): Figure {
  if (z.length !== y.length || z.some((row) => row.length !== x.length)) {
    const lengths = [...new Set(z.map((row) => row.length))].join(' or ');
    throw new UserError(
      `Field "${options.z}" has ${z.length} rows of ${lengths} values; ` +
        `its axes require ${y.length} rows of ${x.length} values.`,
    );
  }
  const values = z.map((row) => row.map((value) => (value !== null && Number.isFinite(value) ? value : null)));
  const defined = values.flat().filter((value): value is number => value !== null);
  if (defined.length === 0) throw new UserError(`Field "${options.z}" cannot be drawn: it has no defined value.`);
  // Not Math.min(...defined): a large grid has more values than a call takes arguments.
  const [low, high] = options.range ?? [
    defined.reduce((a, b) => Math.min(a, b)),
    defined.reduce((a, b) => Math.max(a, b)),
  ];
  const [xName, yName, zName] = [options.x, options.y, options.z].map(label);
  return {
    data: [
      {
        type: 'heatmap',
        x,
        y,
        z: values,
        coloraxis: 'coloraxis',
        hoverongaps: false,
        hovertemplate: `${xName} %{x:.4g}<br>${yName} %{y:.4g}<br>${zName} %{z:.4g}<extra></extra>`,
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
