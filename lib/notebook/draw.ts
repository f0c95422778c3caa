import { bars as barsFigure, type Bars, type BarsOptions } from '../plots/charts/bars';
import { field as fieldFigure, type Field, type FieldOptions } from '../plots/charts/field';
import { forest as forestFigure, type Effects, type ForestOptions } from '../plots/charts/forest';
import { heatmap as heatmapFigure, type HeatmapOptions, type Similarity } from '../plots/charts/heatmap';
import { heatmapGrid as heatmapGridFigure, type GridOptions, type Panel } from '../plots/charts/heatmapGrid';
import { imageGrid, type ImageGridOptions, type Tile } from '../plots/charts/imageGrid';
import { learningCurves as curvesFigure, type LearningCurvesOptions } from '../plots/charts/learningCurves';
import { lines as linesFigure, type LinesOptions } from '../plots/charts/lines';
import type { ChartLine } from '../results/chartLine';
import type { RunRecord } from '../results/records/record';
import { saveFigure } from './save';
import { show } from './show';

/** Draws and shows one heatmap: `await heatmap(similarity)`. */
export function heatmap(similarity: Similarity, options?: HeatmapOptions): Promise<void> {
  return show(heatmapFigure(similarity, options));
}

/** Draws and shows several heatmaps with one colour scale; writes them to `saveAs` (.png, .svg, .html) if given. */
export async function heatmapGrid(
  panels: readonly Panel[],
  { saveAs, ...options }: GridOptions & { readonly saveAs?: string } = {},
): Promise<void> {
  const figure = heatmapGridFigure(panels, options);
  await show(figure);
  if (saveAs !== undefined) await saveFigure(figure, saveAs);
}

/** Draws and shows lines over a common axis, with bands or bars where they have an error. */
export function lines(series: readonly ChartLine[], options: LinesOptions): Promise<void> {
  return show(linesFigure(series, options));
}

/** Draws and shows groups of bars. */
export function bars(categories: readonly string[], series: readonly Bars[], options: BarsOptions): Promise<void> {
  return show(barsFigure(categories, series, options));
}

/** Draws and shows effects with their confidence intervals, one row per label. */
export function forest(series: readonly Effects[], options: ForestOptions): Promise<void> {
  return show(forestFigure(series, options));
}

/** Draws and shows a quantity over two others, as colours. */
export function field(values: Field, options: FieldOptions): Promise<void> {
  return show(fieldFigure(values, options));
}

/** Draws and shows small images with captions, as one picture. */
export function images(tiles: readonly Tile[], options?: ImageGridOptions): Promise<void> {
  return show(imageGrid(tiles, options), { live: false });
}

/** Draws and shows a measure of recorded runs over their epochs. */
export function learningCurves(records: readonly RunRecord[], options?: LearningCurvesOptions): Promise<void> {
  return show(curvesFigure(records, options));
}
