/** One line of a chart, with an optional error: a band, or error bars if the line has markers. */
export interface ChartLine {
  readonly name: string;
  readonly x: readonly number[];
  /** Null leaves a gap. */
  readonly y: readonly (number | null)[];
  /** Half the height of the band or of the error bars. */
  readonly yError?: readonly (number | null)[];
  readonly dash?: 'solid' | 'dash' | 'dot' | 'dashdot';
  readonly markers?: boolean;
  /** Symbol of the markers. Default: circle. */
  readonly symbol?: 'circle' | 'diamond';
  /** Index into the palette. Default: the position of the line. */
  readonly color?: number;
}
