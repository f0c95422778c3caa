import type { Axis, Layout, Size } from './figure';
import { label } from '../escape';

/**
 * The palette of Okabe and Ito (2008), distinguishable with all common forms of colour blindness. Its yellow is left
 * out because it is hard to see on white.
 */
const palette: readonly string[] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#56B4E9', '#E69F00', '#000000'];

/** Magma: a perceptually uniform colour scale from dark to bright. */
export const darkToBright: readonly (readonly [number, string])[] = [
  [0, '#000004'],
  [0.125, '#1c1044'],
  [0.25, '#4f127b'],
  [0.375, '#812581'],
  [0.5, '#b5367a'],
  [0.625, '#e55964'],
  [0.75, '#fb8761'],
  [0.875, '#fec287'],
  [1, '#fcfdbf'],
];

/** Blue through white to orange, for differences: readable with all common forms of colour blindness. */
export const belowToAbove: readonly (readonly [number, string])[] = [
  [0, '#0b4f8a'],
  [0.25, '#6faad3'],
  [0.5, '#ffffff'],
  [0.75, '#f0a45d'],
  [1, '#a8480c'],
];

/** Background of undefined cells: a grey that is not on the colour scale. */
export const emptyCell = '#d9d9d9';

/** The colour of text. */
export const ink = '#222222';

/** The colour of a series by its index; the palette repeats after its last colour. */
export function seriesColor(index: number): string {
  return palette[index % palette.length] ?? ink;
}

/** A colour with an opacity, for bands behind lines. */
export function translucent(color: string, opacity: number): string {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
  return `rgba(${red},${green},${blue},${opacity})`;
}

/** The layout shared by all figures. The background is white in dark themes, too, as in print and on GitHub. */
export function baseLayout(title: string, { width, height }: Size): Layout {
  return {
    title: { text: label(title), x: 0.02, xanchor: 'left', font: { size: 16 } },
    font: { family: 'Helvetica, Arial, "DejaVu Sans", sans-serif', size: 13, color: ink },
    paper_bgcolor: '#ffffff',
    plot_bgcolor: '#ffffff',
    margin: { l: 64, r: 24, t: 56, b: 56 },
    colorway: palette,
    width,
    height,
  };
}

/** An axis with a line, outside ticks and a faint grid. */
export function baseAxis(title: string, options: Axis = {}): Axis {
  return {
    title: { text: label(title), standoff: 10, font: { size: 13 } },
    showline: true,
    linecolor: '#888888',
    gridcolor: '#e6e6e6',
    zeroline: false,
    ticks: 'outside',
    automargin: true,
    ...options,
  };
}
