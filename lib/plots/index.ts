/** Charts, tables and diagrams as plain values: the public API for notebooks. `lib/notebook` shows them. */

// Charts: each function returns a Plotly figure.
export { bars, type Bars } from './charts/bars';
export { bestMatches } from './charts/bestMatches';
export { calibratedHeatmap, type CalibratedSimilarity } from './charts/calibratedHeatmap';
export { depthLines, type DepthSeries } from './charts/depthLines';
export { differenceHeatmap } from './charts/differenceHeatmap';
export { field, type Field } from './charts/field';
export type { Figure } from './charts/figure';
export { forest, type Effect, type Effects } from './charts/forest';
export { betweenModels, heatmap, type Similarity } from './charts/heatmap';
export { heatmapGrid, type Panel } from './charts/heatmapGrid';
export { imageGrid, type Tile } from './charts/imageGrid';
export { learningCurves } from './charts/learningCurves';
export { lines } from './charts/lines';
export type { ChartLine } from '../results/chartLine';
// Diagrams of boxes and arrows, among them the paper's Figure 2.
export type { Diagram } from './diagrams/diagram';
export { framework, type Framework, type StagedNetwork } from './diagrams/framework';
// Tables: published numbers beside ours, and the paper's claims.
export { claimEvidenceTable, claimTable } from './tables/claimTables';
export { comparisonTable, pairTable, publishedCell } from './tables/comparisonTable';
export { factTable } from './tables/factTable';
export { recipeTable } from './tables/recipeTable';
export { successorTable } from './tables/successorTable';
export type { Cell, Table } from './tables/table';
