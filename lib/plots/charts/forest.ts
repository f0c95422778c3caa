import { label } from '../html/escape';
import type { Figure, PointTrace } from './figure';
import { baseAxis, baseLayout, seriesColor } from './style';

/** A number with what it is of; `low` and `high` where it has an interval. */
export interface Effect {
  readonly of: string;
  /** Null where there is none: its line stays empty. */
  readonly value: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
  /** Drawn hollow: not verified, or decided by a single seed. */
  readonly hollow?: boolean;
}

/** Effects of one kind, in one colour and symbol. */
export interface Effects {
  readonly name: string;
  readonly effects: readonly Effect[];
}

export interface ForestOptions {
  readonly title: string;
  readonly x: string;
}

const symbols = ['circle', 'diamond', 'square', 'triangle-up', 'cross', 'star', 'triangle-down', 'pentagon', 'hexagon'];

/** Effects beside their names, from top to bottom, each with its interval; a line at zero. Colours and symbols both tell series apart. */
export function forest(series: readonly Effects[], { title, x }: ForestOptions): Figure {
  const names = [...new Set(series.flatMap(({ effects }) => effects.map(({ of }) => label(of))))];
  return {
    data: series.map((one, index) => points(one, index)),
    layout: {
      ...baseLayout(title, { width: 760, height: 150 + 34 * names.length + 18 * Math.ceil(series.length / 4) }),
      hovermode: 'closest',
      showlegend: series.length > 1,
      legend: { orientation: 'h', x: 0, y: -60 / (60 + 34 * names.length), yanchor: 'top' },
      xaxis: baseAxis(x, { zeroline: true, zerolinecolor: '#888888', rangemode: 'tozero' }),
      yaxis: baseAxis('', { type: 'category', categoryarray: names, autorange: 'reversed', showgrid: true, ticks: '' }),
    },
  };
}

function points({ name, effects }: Effects, index: number): PointTrace {
  const symbol = symbols[index % symbols.length]!;
  const bounded = effects.some(({ low, high }) => typeof low === 'number' && typeof high === 'number');
  return {
    type: 'scatter',
    mode: 'markers',
    name: label(name),
    x: effects.map(({ value }) => value),
    y: effects.map(({ of }) => label(of)),
    marker: {
      size: 10,
      color: seriesColor(index),
      symbol: effects.map(({ hollow }) => (hollow ? `${symbol}-open` : symbol)),
    },
    ...(bounded && {
      error_x: {
        type: 'data',
        symmetric: false,
        color: seriesColor(index),
        thickness: 1.4,
        array: effects.map(({ value, high }) => (value === null ? 0 : (high ?? value) - value)),
        arrayminus: effects.map(({ value, low }) => (value === null ? 0 : value - (low ?? value))),
      },
    }),
    text: effects.map(({ value, low, high }) =>
      typeof low === 'number' && typeof high === 'number'
        ? `${value?.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
        : (value?.toFixed(2) ?? ''),
    ),
    hovertemplate: `${label(name)}<br>%{y}: %{text}<extra></extra>`,
  };
}
