import { UserError } from '../../errors';
import { label } from '../html/escape';
import type { BarTrace, Figure, Value } from './figure';
import { baseAxis, baseLayout, seriesColor } from './style';

/** Bars of one colour, one a category. */
export interface Bars {
  readonly name: string;
  /** Null where there is no value: no bar. */
  readonly values: readonly Value[];
  /** Half the length of each bar's error line. */
  readonly spread?: readonly Value[];
}

export interface BarsOptions {
  readonly title: string;
  readonly y: string;
  readonly x?: string;
  readonly yRange?: readonly [number, number];
}

/** Groups of bars, a group a category. Throws UserError where the values do not fit the categories. */
export function bars(
  categories: readonly string[],
  series: readonly Bars[],
  { title, x = '', y, yRange }: BarsOptions,
): Figure {
  return {
    data: series.map((one, index) => barTrace(categories, one, seriesColor(index))),
    layout: {
      ...baseLayout(title, { width: 760, height: 440 }),
      barmode: 'group',
      showlegend: series.length > 1,
      legend: { orientation: 'h', x: 0, y: -0.2, yanchor: 'top' },
      xaxis: baseAxis(x, { type: 'category', showgrid: false, ticks: '' }),
      yaxis: baseAxis(y, yRange && { range: yRange }),
    },
  };
}

function barTrace(categories: readonly string[], { name, values, spread }: Bars, color: string): BarTrace {
  if (values.length !== categories.length || (spread !== undefined && spread.length !== categories.length)) {
    throw new UserError(
      `The bars "${name}" have ${values.length} values${spread === undefined ? '' : ` and ${spread.length} spreads`} for ${categories.length} categories; give one for each, null where there is none.`,
    );
  }
  return {
    type: 'bar',
    x: categories.map(label),
    y: values,
    name: label(name),
    marker: { color },
    ...(spread && {
      error_y: { type: 'data', array: spread.map((half) => half ?? 0), color: '#444444', thickness: 1.2 },
    }),
    hovertemplate: `${label(name)}<br>%{x}: %{y:.4g}<extra></extra>`,
  };
}
