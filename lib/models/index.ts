/** The part of `lib/models` that notebooks use: `import { createModel } from './lib/models/index'`. */
// Networks by name, and with trained weights.
export { createModel, type ModelOptions } from './zoo';
export { trainedModel, type MaybeTrained } from './weights/trained';
export { renormalised } from './weights/renormalised';
export type { Model, Output, StageShape } from './model';
// Weights as safetensors files.
export { loadWeightsFile, saveWeights } from './weights/weights';
// Layers and sizes.
export { Linear } from './layers/linear';
export { branchSteps } from './branches/createExitBranch';
export { disposeModule, parameterCount } from './parameter';
export { networkMultiplyAdds, outline, stageText } from './summary';
