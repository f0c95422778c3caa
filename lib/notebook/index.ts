/** What a notebook uses besides the science: `import { parameters, show, table } from './lib/notebook/index'`. */
// Parameters of the notebook, and the answer at its top.
export { parameters } from './parameters';
export { openQuestion, type Question } from './question';
export { banner } from './banner';
// Tables and data frames.
export { dataFrame, table } from './table';
export { recordFrame } from './recordFrame';
export { recipesAndRecords } from './recipesAndRecords';
// Figures: drawn and shown in one call, or shown and saved.
export { bars, field, forest, heatmap, heatmapGrid, images, learningCurves, lines } from './draw';
export { diagram } from './diagram';
export { betweenModels } from '../plots/charts/heatmap';
export { show } from './show';
export { saveFigure } from './save';
export { saveGain } from './saveGain';
// Long computations: a figure that grows, a progress bar, the stop button.
export { liveFigure, type LiveFigure } from './liveFigure';
export { lines as linesFigure } from '../plots/charts/lines';
export { progress, type Progress } from './progress';
export { untilInterrupted } from './stop';
