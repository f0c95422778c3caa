import { bars as barsFigure, type Bars, type BarsOptions } from '../plots/charts/bars';
import { field as fieldFigure, type Field, type FieldOptions } from '../plots/charts/field';
import { forest as forestFigure, type Effects, type ForestOptions } from '../plots/charts/forest';
import { heatmap as heatmapFigure, type HeatmapOptions, type Similarity } from '../plots/charts/heatmap';
import { heatmapGrid as gridFigure, type GridOptions, type Panel } from '../plots/charts/heatmapGrid';
import { imageGrid as imagesFigure, type ImageGridOptions, type Tile } from '../plots/charts/imageGrid';
import { learningCurves as curvesFigure, type LearningCurvesOptions } from '../plots/charts/learningCurves';
import { lines as linesFigure, type Line, type LinesOptions } from '../plots/charts/lines';
import type { RunRecord } from '../results/records/record';
import { show } from './show';

/** Draws and shows in one call: `await heatmap(similarity)`. */
export function heatmap(similarity: Similarity, options?: HeatmapOptions): Promise<void> {
  return show(heatmapFigure(similarity, options));
}

/** Several heatmaps on one scale. */
export function heatmapGrid(panels: readonly Panel[], options?: GridOptions): Promise<void> {
  return show(gridFigure(panels, options));
}

/** Lines over a common axis, with bands where they have a spread. */
export function lines(series: readonly Line[], options: LinesOptions): Promise<void> {
  return show(linesFigure(series, options));
}

/** Groups of bars. */
export function bars(categories: readonly string[], series: readonly Bars[], options: BarsOptions): Promise<void> {
  return show(barsFigure(categories, series, options));
}

/** Effects beside their names, each with its interval. */
export function forest(series: readonly Effects[], options: ForestOptions): Promise<void> {
  return show(forestFigure(series, options));
}

/** A quantity over two others. */
export function field(values: Field, options: FieldOptions): Promise<void> {
  return show(fieldFigure(values, options));
}

/** Small images with their captions, as one picture. */
export function images(tiles: readonly Tile[], options?: ImageGridOptions): Promise<void> {
  return show(imagesFigure(tiles, options), { live: false });
}

/** Recorded runs over their epochs. */
export function learningCurves(records: readonly RunRecord[], options?: LearningCurvesOptions): Promise<void> {
  return show(curvesFigure(records, options));
}
