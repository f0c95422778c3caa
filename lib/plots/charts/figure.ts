/** A Plotly figure as a plain value, to be shown in a notebook or drawn as a static picture. */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Layout;
}

/** Default size of a picture in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Missing values are null, not NaN: JSON has no NaN, and Plotly leaves a gap for null. */
export type Value = number | null;
export type Coordinate = number | string;

export type Trace = HeatmapTrace | LineTrace | BarTrace | PointTrace | CellMarks;

export interface HeatmapTrace {
  readonly type: 'heatmap';
  readonly x: readonly Coordinate[];
  readonly y: readonly Coordinate[];
  readonly z: readonly (readonly Value[])[];
  readonly coloraxis: 'coloraxis';
  readonly xaxis?: string;
  readonly yaxis?: string;
  readonly xgap?: number;
  readonly ygap?: number;
  readonly hoverongaps: false;
  readonly hovertemplate: string;
  /** One text per cell, for `%{text}` in the template. */
  readonly text?: readonly (readonly string[])[];
  readonly name?: string;
}

/** Marks on cells of two category axes. */
export interface CellMarks {
  readonly type: 'scatter';
  readonly mode: 'markers';
  readonly name: string;
  readonly x: readonly Coordinate[];
  readonly y: readonly Coordinate[];
  readonly marker: {
    readonly size: number;
    readonly symbol: string;
    readonly color: string;
    readonly line: { readonly color: string; readonly width: number };
  };
  readonly hovertext: readonly string[];
  readonly hovertemplate?: string;
  readonly hoverinfo?: 'skip';
  readonly showlegend: boolean;
}

export interface LineTrace {
  readonly type: 'scatter';
  readonly mode: 'lines' | 'markers' | 'lines+markers';
  readonly x: readonly number[];
  readonly y: readonly Value[];
  readonly name: string;
  readonly legendgroup?: string;
  readonly showlegend?: boolean;
  readonly line: { readonly color?: string; readonly width: number; readonly dash?: Dash };
  readonly marker?: { readonly size: number; readonly symbol?: string };
  readonly error_y?: {
    readonly type: 'data';
    readonly array: readonly number[];
    readonly color: string;
    readonly thickness: number;
  };
  readonly fill?: 'toself';
  readonly fillcolor?: string;
  readonly hoverinfo?: 'skip';
  readonly hovertemplate?: string;
}

export type Dash = 'solid' | 'dash' | 'dot' | 'dashdot';

export interface BarTrace {
  readonly type: 'bar';
  readonly x: readonly string[];
  readonly y: readonly Value[];
  readonly name: string;
  readonly marker: { readonly color: string };
  readonly error_y?: {
    readonly type: 'data';
    readonly array: readonly number[];
    readonly color: string;
    readonly thickness: number;
  };
  readonly hovertemplate: string;
}

/** Points with a category each, and intervals that may be asymmetric. */
export interface PointTrace {
  readonly type: 'scatter';
  readonly mode: 'markers';
  readonly x: readonly Value[];
  readonly y: readonly string[];
  readonly name: string;
  readonly marker: { readonly size: number; readonly color: string; readonly symbol: string | readonly string[] };
  readonly error_x?: {
    readonly type: 'data';
    readonly symmetric: false;
    readonly array: readonly number[];
    readonly arrayminus: readonly number[];
    readonly color: string;
    readonly thickness: number;
  };
  readonly text: readonly string[];
  readonly hovertemplate: string;
}

export interface Axis {
  readonly title?: { readonly text: string; readonly standoff?: number; readonly font?: { readonly size: number } };
  readonly type?: 'linear' | 'log' | 'category';
  readonly range?: readonly [number, number];
  readonly domain?: readonly [number, number];
  readonly anchor?: string;
  readonly dtick?: number;
  readonly tickangle?: number;
  readonly tickfont?: { readonly size: number };
  readonly showgrid?: boolean;
  readonly gridcolor?: string;
  readonly linecolor?: string;
  readonly showline?: boolean;
  readonly zeroline?: boolean;
  readonly zerolinecolor?: string;
  readonly autorange?: 'reversed';
  readonly rangemode?: 'tozero';
  readonly categoryarray?: readonly string[];
  readonly ticks?: 'outside' | '';
  readonly automargin?: boolean;
  readonly constrain?: 'domain';
  readonly visible?: boolean;
}

export interface Annotation {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly xref: 'paper';
  readonly yref: 'paper';
  readonly xanchor: 'left' | 'center' | 'right';
  readonly yanchor: 'top' | 'middle' | 'bottom';
  readonly showarrow: false;
  readonly font?: { readonly size: number };
}

/** A picture in the figure; position and size are fractions of the plot area. */
export interface LayoutImage {
  readonly source: string;
  readonly xref: 'paper';
  readonly yref: 'paper';
  readonly x: number;
  readonly y: number;
  readonly sizex: number;
  readonly sizey: number;
  readonly sizing: 'stretch';
  readonly xanchor: 'left';
  readonly yanchor: 'top';
}

export interface Layout extends Size {
  readonly title: {
    readonly text: string;
    readonly x: number;
    readonly xanchor: 'left';
    readonly font: { readonly size: number };
  };
  readonly font: { readonly family: string; readonly size: number; readonly color: string };
  readonly paper_bgcolor: string;
  readonly plot_bgcolor: string;
  readonly margin: { readonly l: number; readonly r: number; readonly t: number; readonly b: number };
  readonly colorway: readonly string[];
  readonly hovermode?: 'closest' | 'x unified';
  readonly barmode?: 'group';
  readonly showlegend?: boolean;
  readonly legend?: {
    readonly orientation: 'h' | 'v';
    readonly x: number;
    readonly y: number;
    readonly yanchor: 'top' | 'bottom';
  };
  readonly coloraxis?: ColorAxis;
  readonly annotations?: readonly Annotation[];
  readonly images?: readonly LayoutImage[];
  readonly updatemenus?: readonly Buttons[];
  readonly [axis: `xaxis${string}`]: Axis;
  readonly [axis: `yaxis${string}`]: Axis;
}

/** Buttons that change a trace of the live figure. */
export interface Buttons {
  readonly type: 'buttons';
  readonly direction: 'right';
  readonly x: number;
  readonly xanchor: 'right';
  readonly y: number;
  readonly yanchor: 'bottom';
  readonly showactive: true;
  readonly buttons: readonly {
    readonly label: string;
    readonly method: 'restyle';
    /** New values, and the indices of the traces that take them. */
    readonly args: readonly [Readonly<Record<string, unknown>>, readonly number[]];
  }[];
}

export interface ColorAxis {
  readonly cmin: number;
  readonly cmax: number;
  readonly colorscale: readonly (readonly [number, string])[];
  readonly colorbar: ColorBar;
}

export interface ColorBar {
  readonly title: { readonly text: string };
  readonly thickness: number;
  readonly outlinewidth: number;
  readonly lenmode?: 'pixels';
  readonly len?: number;
  readonly y?: number;
  readonly yanchor?: 'top';
}
