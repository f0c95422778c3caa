import { UserError } from '../../errors';
import type { ChartLine } from '../../results/chartLine';
import { label } from '../escape';
import type { Annotation, Figure, LineTrace, Value } from './figure';
import { baseAxis, baseLayout, seriesColor, translucent } from './style';

export interface LinesOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** The text in place of lines without any point. Default: `no data yet`. */
  readonly empty?: string;
}

/** A line chart. Throws a UserError if the lists of a line differ in length. */
export function lines(
  series: readonly ChartLine[],
  { title, x, y, xRange, yRange, logX = false, logY = false, empty = 'no data yet' }: LinesOptions,
): Figure {
  series.forEach(checkLengths);
  const hasPoints = series.some((line) => line.y.some((value) => value !== null));
  return {
    data: series.flatMap((line, index) => {
      const color = seriesColor(line.color ?? index);
      return line.yError === undefined || line.markers
        ? [stroke(line, color)]
        : [band(line, line.yError, color), stroke(line, color)];
    }),
    layout: {
      ...baseLayout(title, { width: 760, height: 440 }),
      hovermode: 'x unified',
      legend: { orientation: 'h', x: 0, y: -0.2, yanchor: 'top' },
      showlegend: hasPoints && series.length > 1,
      ...(!hasPoints && { annotations: [centredText(empty)] }),
      xaxis: baseAxis(x, {
        type: logX ? 'log' : 'linear',
        ...(!logX && isCount(series) && { dtick: 1 }),
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
  { name, x, y, yError, dash = 'solid', markers = false, symbol = 'circle' }: ChartLine,
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
      ...(yError?.some((half) => half !== null) && {
        error_y: { type: 'data', array: yError.map((half) => half ?? 0), color, thickness: 1.4 },
      }),
    }),
    hovertemplate: '%{y:.4g}',
  };
}

/** The area between y − yError and y + yError as one closed outline, over the points that have both. */
function band({ name, x, y }: ChartLine, yError: readonly Value[], color: string): LineTrace {
  const points = x.flatMap((position, index) => {
    const middle = y[index] ?? null;
    const half = yError[index] ?? null;
    return middle === null || half === null ? [] : [{ position, low: middle - half, high: middle + half }];
  });
  const back = [...points].reverse();
  return {
    type: 'scatter',
    mode: 'lines',
    name: label(name),
    legendgroup: label(name),
    showlegend: false,
    hoverinfo: 'skip',
    x: [...points, ...back].map((point) => point.position),
    y: [...points.map((point) => point.high), ...back.map((point) => point.low)],
    fill: 'toself',
    fillcolor: translucent(color, 0.18),
    line: { width: 0 },
  };
}

/** Whether the horizontal axis counts a few things, such as epochs: its ticks should be whole numbers. */
function isCount(series: readonly ChartLine[]): boolean {
  const values = series.flatMap((line) => line.x);
  return values.length > 0 && values.every(Number.isInteger) && Math.max(...values) - Math.min(...values) <= 12;
}

function centredText(text: string): Annotation {
  const place = { x: 0.5, y: 0.5, xref: 'paper', yref: 'paper', xanchor: 'center', yanchor: 'middle' } as const;
  return { text: label(text), ...place, showarrow: false };
}

function checkLengths({ name, x, y, yError }: ChartLine): void {
  if (x.length !== y.length || (yError !== undefined && yError.length !== x.length)) {
    const errors = yError === undefined ? '' : ` and ${yError.length} errors`;
    throw new UserError(
      `Line "${name}" has ${x.length} x values for ${y.length} y values${errors}; the lists must be of equal length.`,
    );
  }
}

/** Plotly takes the range of a logarithmic axis as exponents of ten. */
function logarithms([low, high]: readonly [number, number]): readonly [number, number] {
  return [Math.log10(low), Math.log10(high)];
}
