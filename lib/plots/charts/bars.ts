import { UserError } from '../../errors';
import { label } from '../escape';
import type { BarTrace, Figure, Value } from './figure';
import { baseAxis, baseLayout, seriesColor } from './style';

/** One series of bars, all of the same colour. */
export interface Bars {
  readonly name: string;
  /** One value per category; null leaves a gap. */
  readonly values: readonly Value[];
  /** Half the length of each error bar. */
  readonly yError?: readonly Value[];
}

export interface BarsOptions {
  readonly title: string;
  readonly y: string;
  readonly x?: string;
  readonly yRange?: readonly [number, number];
}

/**
 * A grouped bar chart, one group per category. Throws a UserError if the number of values is not that of categories.
 */
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

function barTrace(categories: readonly string[], { name, values, yError }: Bars, color: string): BarTrace {
  if (values.length !== categories.length || (yError !== undefined && yError.length !== categories.length)) {
    const errors = yError === undefined ? '' : ` and ${yError.length} error bars`;
    throw new UserError(
      `Bars "${name}" have ${values.length} values${errors} for ${categories.length} categories. ` +
        'Pass one for each category, null for a missing one.',
    );
  }
  return {
    type: 'bar',
    x: categories.map(label),
    y: values,
    name: label(name),
    marker: { color },
    ...(yError && {
      error_y: { type: 'data', array: yError.map((half) => half ?? 0), color: '#444444', thickness: 1.2 },
    }),
    hovertemplate: `${label(name)}<br>%{x}: %{y:.4g}<extra></extra>`,
  };
}
