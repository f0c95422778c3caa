import { label as escapeLabel } from '../escape';
import type { Figure, PointTrace } from './figure';
import { baseAxis, baseLayout, seriesColor } from './style';

/** A labelled number, with the ends of its interval if it has one. */
export interface Effect {
  readonly label: string;
  /** Null leaves the line empty. */
  readonly value: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
  /** Draws a hollow marker, for values that are unverified or from a single seed. */
  readonly hollow?: boolean;
}

/** Effects in one colour and with one symbol. */
export interface Effects {
  readonly name: string;
  readonly effects: readonly Effect[];
}

export interface ForestOptions {
  readonly title: string;
  readonly x: string;
}

const symbols = ['circle', 'diamond', 'square', 'triangle-up', 'cross', 'star', 'triangle-down', 'pentagon', 'hexagon'];

/**
 * A forest plot: effects from top to bottom with their intervals, and a line at zero. Series differ in colour and in
 * symbol.
 */
export function forest(series: readonly Effects[], { title, x }: ForestOptions): Figure {
  const names = [...new Set(series.flatMap(({ effects }) => effects.map((effect) => axisLabel(effect.label))))];
  const rowHeight = Math.max(34, ...names.map((name) => 18 * name.split(lineBreak).length + 6));
  const rowsHeight = rowHeight * names.length;
  return {
    data: series.map((one, index) => points(one, index)),
    layout: {
      ...baseLayout(title, { width: 760, height: 150 + rowsHeight + 18 * Math.ceil(series.length / 4) }),
      hovermode: 'closest',
      showlegend: series.length > 1,
      legend: { orientation: 'h', x: 0, y: -60 / (60 + rowsHeight), yanchor: 'top' },
      xaxis: baseAxis(x, { zeroline: true, zerolinecolor: '#888888', rangemode: 'tozero' }),
      yaxis: baseAxis('', { type: 'category', categoryarray: names, autorange: 'reversed', showgrid: true, ticks: '' }),
    },
  };
}

function points({ name, effects }: Effects, index: number): PointTrace {
  const symbol = symbols[index % symbols.length]!;
  const color = seriesColor(index);
  const hasIntervals = effects.some(({ low, high }) => typeof low === 'number' && typeof high === 'number');
  return {
    type: 'scatter',
    mode: 'markers',
    name: escapeLabel(name),
    x: effects.map(({ value }) => value),
    y: effects.map(({ label }) => axisLabel(label)),
    marker: { size: 10, color, symbol: effects.map(({ hollow }) => (hollow ? `${symbol}-open` : symbol)) },
    ...(hasIntervals && {
      error_x: {
        type: 'data',
        symmetric: false,
        color,
        thickness: 1.4,
        array: effects.map(({ value, high }) => (value === null ? 0 : (high ?? value) - value)),
        arrayminus: effects.map(({ value, low }) => (value === null ? 0 : value - (low ?? value))),
      },
    }),
    text: effects.map(hoverText),
    hovertemplate: `${escapeLabel(name)}<br>%{y}: %{text}<extra></extra>`,
  };
}

const lineBreak = '<br>';
const maxLabelLength = 44;

/** An escaped label, broken between words into lines of at most `maxLabelLength` characters. */
function axisLabel(text: string): string {
  const rows = text.split(' ').reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    return last === undefined || longer.length > maxLabelLength ? [...lines, word] : [...lines.slice(0, -1), longer];
  }, []);
  return rows.map(escapeLabel).join(lineBreak);
}

function hoverText({ value, low, high }: Effect): string {
  const text = value?.toFixed(2) ?? '';
  return typeof low === 'number' && typeof high === 'number' ? `${text} [${low.toFixed(2)}, ${high.toFixed(2)}]` : text;
}
