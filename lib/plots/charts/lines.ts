import { UserError } from '../../errors';
import { label } from '../html/escape';
import type { Dash, Figure, LineTrace, Value } from './figure';
import { baseAxis, baseLayout, seriesColor, translucent } from './style';

/** One line of a figure, with ± `spread` around it: a band, or bars where the points are marked. */
export interface Line {
  readonly name: string;
  readonly x: readonly number[];
  /** Null where there is no value: the line is broken there. */
  readonly y: readonly Value[];
  readonly spread?: readonly Value[];
  readonly dash?: Dash;
  readonly markers?: boolean;
  /** Of the markers; a circle unless told. */
  readonly symbol?: 'circle' | 'diamond';
  /** Lines of one colour number share a colour; by default each has its own. */
  readonly color?: number;
}

export interface LinesOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  readonly logX?: boolean;
  readonly logY?: boolean;
}

/** Lines over a common axis. Throws UserError where a line's lists differ in length. */
export function lines(
  series: readonly Line[],
  { title, x, y, xRange, yRange, logX = false, logY = false }: LinesOptions,
): Figure {
  series.forEach(checkLengths);
  return {
    data: series.flatMap((line, index) => {
      const color = seriesColor(line.color ?? index);
      return line.spread === undefined || line.markers
        ? [stroke(line, color)]
        : [band(line, line.spread, color), stroke(line, color)];
    }),
    layout: {
      ...baseLayout(title, { width: 760, height: 440 }),
      hovermode: 'x unified',
      legend: { orientation: 'h', x: 0, y: -0.2, yanchor: 'top' },
      showlegend: series.length > 1,
      xaxis: baseAxis(x, {
        type: logX ? 'log' : 'linear',
        ...(xRange && { range: logX ? logarithms(xRange) : xRange }),
      }),
      yaxis: baseAxis(y, {
        type: logY ? 'log' : 'linear',
        ...(yRange && { range: logY ? logarithms(yRange) : yRange }),
      }),
    },
  };
}

function stroke(
  { name, x, y, spread, dash = 'solid', markers = false, symbol = 'circle' }: Line,
  color: string,
): LineTrace {
  return {
    type: 'scatter',
    mode: markers ? 'lines+markers' : 'lines',
    x,
    y,
    name: label(name),
    legendgroup: label(name),
    line: { color, width: 2, dash },
    ...(markers && {
      marker: { size: symbol === 'circle' ? 7 : 11, symbol },
      ...(spread?.some((half) => half !== null) && {
        error_y: { type: 'data', array: spread.map((half) => half ?? 0), color, thickness: 1.4 },
      }),
    }),
    hovertemplate: '%{y:.4g}',
  };
}

/** The area between y − spread and y + spread, as one closed outline over the points that have both. */
function band({ name, x, y }: Line, spread: readonly Value[], color: string): LineTrace {
  const points = x.flatMap((place, index) => {
    const middle = y[index] ?? null;
    const half = spread[index] ?? null;
    return middle === null || half === null ? [] : [{ place, low: middle - half, high: middle + half }];
  });
  const back = [...points].reverse();
  return {
    type: 'scatter',
    mode: 'lines',
    name: label(name),
    legendgroup: label(name),
    showlegend: false,
    hoverinfo: 'skip',
    x: [...points, ...back].map((point) => point.place),
    y: [...points.map((point) => point.high), ...back.map((point) => point.low)],
    fill: 'toself',
    fillcolor: translucent(color, 0.18),
    line: { width: 0 },
  };
}

function checkLengths({ name, x, y, spread }: Line): void {
  if (x.length !== y.length || (spread !== undefined && spread.length !== x.length)) {
    throw new UserError(
      `The line "${name}" has ${x.length} places for ${y.length} values` +
        `${spread === undefined ? '' : ` and ${spread.length} spreads`}; give as many of each.`,
    );
  }
}

/** Plotly wants the range of a logarithmic axis as exponents of ten. */
function logarithms([low, high]: readonly [number, number]): readonly [number, number] {
  return [Math.log10(low), Math.log10(high)];
}
