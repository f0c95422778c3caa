/** The part of `lib/training` that notebooks use: `import { Training } from './lib/training/index'`. */
// A recipe with its defaults filled in, and the loop that trains by it.
export { completeRecipe, parseRecipe } from './recipe/completeRecipe';
export type { Recipe, RecipeInput } from './recipe/recipe';
export { Training } from './training';
// The classes that a trained network predicts.
export { predictions } from './evaluation/evaluate';
// The pieces of a training step that is written out by hand.
export { lossGradients, trainedParameters } from './step/gradients';
export { clipScale, globalNorm } from '../tensor/ops/optimizers/globalNorm';
export { Optimizer } from './step/optimizer';
export { crossEntropy } from '../losses/crossEntropy';
export { ofaLoss } from '../losses/ofa';
export { createDistillation } from '../methods/methods';
export { parameters as namedParameters } from '../models/parameter';
export { createModel } from '../models/zoo';
export * as tf from '../tensor/engine/tf';
export { Random } from '../tensor/random';
