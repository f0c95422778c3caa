/** The part of `lib/models` that notebooks use: `import { createModel } from './lib/models/index'`. */
// Networks by name, and with trained weights.
export { createModel, type ModelOptions } from './zoo';
export { trainedModel, type MaybeTrained } from './weights/trained';
export { renormalised } from './weights/renormalised';
export type { Model, Output, StageShape } from './model';
// A network of your own, and what it is built from.
export { defineNetwork } from './own/defineNetwork';
export { checkNetwork, type NetworkReport } from './own/checkNetwork';
export { ownNetworks } from './own/ownNetworks';
export { readNetworks } from './own/readNetworks';
export type { Network, OwnNetworks } from './own/network';
export { Attention } from './layers/attention';
export { BatchNorm2d } from './layers/batchNorm2d';
export { Conv2d } from './layers/conv2d';
export { LayerNorm } from './layers/layerNorm';
export { Mlp } from './layers/mlp';
export { PatchEmbed } from './layers/patchEmbed';
export { gelu } from '../tensor/ops/gelu/gelu';
export { globalAveragePool } from '../tensor/ops/globalAveragePool/globalAveragePool';
export * as tf from '../tensor/engine/tf';
// Weights as safetensors files.
export { loadWeightsFile, saveWeights } from './weights/weights';
// Layers and sizes.
export { Linear } from './layers/linear';
export { branchSteps } from './branches/createExitBranch';
export { disposeModule, parameterCount } from './parameter';
export { networkMultiplyAdds, outline, stageText } from './summary';
