import { createSvg } from './dom';

export interface Line {
  readonly label: string;
  readonly dashed: boolean;
  readonly points: readonly (readonly [number, number])[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yRange: readonly [number, number];
  readonly lines: readonly Line[];
  /** Where the present values are. */
  readonly x: number;
  readonly legend: 'top' | 'bottom';
}

const frame = { left: 44, right: 8, top: 22, bottom: 36, width: 340, height: 220 } as const;

/** Draws lines over an axis from 0 to 1. A text alternative is the caller's. */
export function drawLines(svg: SVGElement, { title, xLabel, yRange: [low, high], lines, x, legend }: LineChart): void {
  const { left, right, top, bottom, width, height } = frame;
  const across = (value: number): number => left + value * (width - left - right);
  const down = (value: number): number =>
    top + ((high - Math.min(Math.max(value, low), high)) / (high - low)) * (height - top - bottom);
  const text = (label: string, attributes: Readonly<Record<string, string>>): SVGElement =>
    createSvg('text', attributes, label);
  const rule = (x1: number, y1: number, x2: number, y2: number, kind: string): SVGElement =>
    createSvg('line', { x1: `${x1}`, y1: `${y1}`, x2: `${x2}`, y2: `${y2}`, class: kind });
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.replaceChildren(
    text(title, { x: `${left}`, y: '14', class: 'title' }),
    rule(left, down(low), width - right, down(low), 'axis'),
    rule(left, top, left, down(low), 'axis'),
    ...(low < 0 ? [rule(left, down(0), width - right, down(0), 'grid')] : []),
    ...[0, 0.5, 1].map((value) =>
      text(`${value}`, { x: `${across(value)}`, y: `${height - bottom + 14}`, 'text-anchor': 'middle' }),
    ),
    ...[low, high].map((value) =>
      text(short(value), { x: `${left - 4}`, y: `${down(value) + 4}`, 'text-anchor': 'end' }),
    ),
    text(xLabel, { x: `${across(0.5)}`, y: `${height - 6}`, 'text-anchor': 'middle' }),
    rule(across(x), top, across(x), down(low), 'present'),
    ...lines.map(({ points, dashed }) =>
      createSvg('polyline', {
        class: dashed ? 'dashed' : 'solid',
        points: points.map(([px, py]) => `${across(px).toFixed(1)},${down(py).toFixed(1)}`).join(' '),
      }),
    ),
    ...lines.map(({ label, dashed }, i) =>
      text(`${dashed ? '- -' : '––'} ${label}`, {
        x: `${width - right}`,
        y: `${(legend === 'top' ? top : height - bottom - 14 * lines.length) + 12 + 14 * i - 4}`,
        'text-anchor': 'end',
        class: dashed ? 'dashed-label' : 'solid-label',
      }),
    ),
  );
}

function short(value: number): string {
  return Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(1);
}
