/** What a notebook needs besides the science: `import { heatmap, table, parameters } from './lib/notebook/index'`. */
export { banner } from './banner';
export { betweenModels } from '../plots/charts/heatmap';
export { bars, field, forest, heatmap, heatmapGrid, images, learningCurves, lines } from './draw';
export { diagram } from './diagram';
export { liveFigure, type LiveFigure } from './liveFigure';
export { parameters } from './parameters';
export { recipesAndRecords } from './recipesAndRecords';
export { progress, type Progress } from './progress';
export { openQuestion, type Question } from './question';
export { saveFigure } from './save';
export { saveGain } from './saveGain';
export { show } from './show';
export { untilInterrupted } from './stop';
export { dataFrame, table } from './table';
